import EventCore
import ProcessSupport
import Testing

@testable import eventbus

@Suite struct ReceptionTallyTests {
    private func counts(handed: Int, buffered: Int = 0, dropped: Int = 0) -> SubscriptionCounts {
        var counts = SubscriptionCounts()
        (counts.handed, counts.buffered, counts.dropped) = (handed, buffered, dropped)
        return counts
    }

    @Test func `everything that came is received, printed or dropped`() {
        var link = LinkStatistics()
        (link.lost, link.overflowed, link.malformed, link.received) = (7, 20, 3, 1000)
        let tally = ReceptionTally([counts(handed: 5, buffered: 1), counts(handed: 2, dropped: 4)], link: link)
        #expect(tally.description == "received 32, lost 7, dropped 24, malformed 3")
        #expect(tally.json == "{\"received\":32,\"lost\":7,\"dropped\":24,\"malformed\":3}\n")
        #expect(!tally.isLossless)
    }

    @Test func `without a link there is nothing to lose on the way`() {
        let tally = ReceptionTally([counts(handed: 5)], link: nil)
        #expect(tally.description == noLoss(received: 5))
        #expect(tally.isLossless)
    }

    @Test(arguments: [(0, 0, "0"), (0, 1, "an unknown number"), (5, 2, "5 and an unknown number")])
    func `a loss that nobody could count is told, and is one`(lost: Int, unknown: Int, told: String) {
        var link = LinkStatistics()
        (link.lost, link.unknownLosses) = (lost, unknown)
        let tally = ReceptionTally([], link: link)
        #expect(tally.description == "received 0, lost \(told), dropped 0, malformed 0")
        #expect(tally.isLossless == (lost + unknown == 0))
    }

    @Test func `what is malformed is no loss`() {
        var link = LinkStatistics()
        link.malformed = 1
        #expect(ReceptionTally([], link: link).isLossless)
    }
}
