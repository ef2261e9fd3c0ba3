import EventCore
import Testing

@testable import EventNATS

@Suite struct DeliveryMarkTests {
    @Test(arguments: [
        "$JS.ACK.orders.work.2.17.40.1700000000123456789.5",
        "$JS.ACK.hub.ACCHASH.orders.work.2.17.40.1700000000123456789.5",
        "$JS.ACK._.ACCHASH.orders.work.2.17.40.1700000000123456789.5.random",
    ])
    func `all forms are read`(text: String) throws {
        let mark = try #require(DeliveryMark(reply: Array(text.utf8) + [0]))
        #expect(mark.deliveries == 2)
        #expect(mark.streamSequence == 17)
        #expect(mark.consumerSequence == 40)
        #expect(mark.pending == 5)
        #expect(mark.time.seconds == 1_700_000_000)
        #expect(mark.time.nanoseconds == 123_456_789)
    }

    @Test(arguments: [
        "", "$JS.FC.orders.work.x", "$JS.ACK.orders.work.2.17.40.1700000000123456789",
        "$JS.ACK.orders.work.2.17.x.1700000000123456789.5", "$JS.ACK.a.orders.work.2.17.40.1700000000123456789.5",
        "_INBOX.ACK.orders.work.2.17.40.1700000000123456789.5",
    ])
    func `other addresses are none`(text: String) { #expect(DeliveryMark(reply: Array(text.utf8)) == nil) }
}
