import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct PrefixTablePrecisionTests {
    /// What somebody publishes, and how much of it a table brings that nobody asked for.
    @Test func `less arrives needlessly than with the nearest parent`() {
        let patterns = (0..<5000).map { WirePrefix(text: "tenant.t\($0 % 50).run.r\($0).") }
        let wanted = (0..<5000).map { WirePrefix(text: "tenant.t\($0 % 50).run.r\($0).start") }
        let unwanted = (0..<5000).map { WirePrefix(text: "tenant.t\($0 % 100).run.x\($0).start") }

        var table = PrefixTable(limit: 1000)
        var widening = WideningTable(limit: 1000)
        for pattern in patterns {
            _ = table.request(pattern)
            widening.request(pattern)
        }
        _ = table.confirmed(table.turn)
        let merged = Set(table.prefixes)
        #expect(wanted.allSatisfy { $0.isCovered(by: merged) && $0.isCovered(by: widening.subscribed) })
        let needless = unwanted.count { $0.isCovered(by: merged) }
        let before = unwanted.count { $0.isCovered(by: widening.subscribed) }
        print(
            "needless of 10000: \(before) with the nearest parent, \(needless) with the fullest siblings;",
            terminator: " "
        )
        print("\(widening.subscribed.count) and \(merged.count) subscriptions")
        #expect(needless < before)
    }

    @Test func `ten thousand requests above the limit take no time to speak of`() {
        var table = PrefixTable(limit: 1000)
        var random = SeededGenerator(state: 1)
        let prefixes = (0..<10_000).map { WirePrefix(text: "tenant.t\($0 % 700).run.r\($0).") }.shuffled(using: &random)
        let clock = ContinuousClock()
        let requests = clock.measure {
            for prefix in prefixes {
                _ = table.request(prefix)
                _ = table.confirmed(table.turn)
            }
        }
        let count = table.count
        let releases = clock.measure {
            for prefix in prefixes.shuffled(using: &random) {
                _ = table.release(prefix)
                _ = table.confirmed(table.turn)
            }
        }
        print("10000 requests: \(requests), \(count) subscriptions; 10000 releases: \(releases)")
        #expect(table.prefixes.isEmpty)
        #expect(requests < .seconds(10) && releases < .seconds(10))
    }
}

extension WirePrefix {
    fileprivate func isCovered(by prefixes: Set<WirePrefix>) -> Bool {
        (0...bytes.count).contains { prefixes.contains(WirePrefix(Array(bytes[..<$0]))) }
    }
}

/// What the table did before: above the limit the nearest parent takes the place of all it covers.
private struct WideningTable {
    let limit: Int
    var subscribed: Set<WirePrefix> = []

    init(limit: Int) {
        self.limit = limit
    }

    mutating func request(_ prefix: WirePrefix) {
        if subscribed.count < limit {
            subscribed.insert(prefix)
            return
        }
        var candidate = prefix
        while !subscribed.contains(candidate) {
            let covered = subscribed.filter { candidate.covers($0) }
            if !covered.isEmpty || candidate.bytes.isEmpty {
                subscribed.subtract(covered)
                subscribed.insert(candidate)
                return
            }
            candidate = candidate.parent ?? WirePrefix([])
        }
    }
}
