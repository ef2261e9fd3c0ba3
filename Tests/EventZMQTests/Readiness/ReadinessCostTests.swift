import EventCore
import EventTransport
import Testing
import TransportSupport

@testable import EventZMQ

/// Many who wait beside many who come.
///
/// The limits are for debug builds on busy machines; a cost that grows with the product of both is far above them.
@Suite(.serialized) struct ReadinessCostTests {
    private var table = PeerTable()
    private var waits = SubscriberWaits<Int>()

    private mutating func resume() -> Int {
        waits.takeFulfilled(coveredBy: table.takeChanged()) { table.count(of: $0, upTo: $1, except: "own") }.count
    }

    private mutating func wait(_ number: Int, count: Int) {
        for id in 0..<number {
            let subject = Subject(stringLiteral: "tenant.t\(id % 50).run.r\(id).start")
            waits.add(id, id: UInt64(id), subject: subject, count: count, deadline: .now + .seconds(60))
        }
    }

    @Test mutating func `ten thousand waiters and a bus that announces ten thousand prefixes one by one`() {
        wait(10_000, count: 1)
        let prefixes = (0..<10_000).map { WirePrefix(text: "tenant.t\($0 % 50).run.r\($0).") }
        var resumed = 0
        let time = ContinuousClock().measure {
            for prefix in prefixes {
                _ = table.subscribed(.interest(bus: "bus", prefix: prefix), at: 0, by: "bus")
                resumed += resume()
                _ = table.subscribed(.prefix(prefix), at: 0, by: "bus")
                resumed += resume()
            }
        }
        print("10000 waiters, a bus with 10000 prefixes: \(time)")
        #expect(resumed == 10_000)
        #expect(time < .seconds(5))
    }

    @Test mutating func `a thousand waiters and ten thousand buses that want everything`() {
        wait(1000, count: 10_000)
        let time = ContinuousClock().measure {
            for batch in stride(from: 0, to: 10_000, by: 128) {
                for bus in batch..<min(batch + 128, 10_000) {
                    _ = table.subscribed(.interest(bus: "bus\(bus)", prefix: ""), at: 0, by: "bus\(bus)")
                    _ = table.subscribed(.prefix(""), at: 0, by: "bus\(bus)")
                }
                if batch + 128 < 10_000 { #expect(resume() == 0) }
            }
        }
        #expect(resume() == 1000)
        let end = ContinuousClock().measure {
            for bus in 0..<10_000 {
                _ = table.unsubscribed(.prefix(""), at: 0, by: nil, isNamed: false)
                _ = table.unsubscribed(.interest(bus: "bus\(bus)", prefix: ""), at: 0, by: nil, isNamed: false)
            }
        }
        print("1000 waiters, 10000 buses: \(time); they go: \(end)")
        #expect(table.slots.isEmpty)
        #expect(time < .seconds(5) && end < .seconds(5))
    }
}
