import EventCore
import MetricsTestKit
import Testing

@testable import EventMetrics

@Suite struct LinkMetricsTests {
    private let backend = TestMetrics()

    private func total(_ name: String) -> Int64 { backend.counterTotal(label: "shop_link_\(name)") }

    private func peers() throws -> Double? { try backend.expectMeter("shop_link_peers").lastValue }

    @Test func `every figure of a link has a metric`() {
        let figures = Mirror(reflecting: LinkStatistics()).children.filter { $0.value is Int }
        #expect(figures.count == LinkMetrics.counts.count + 1)
        #expect(Set(LinkMetrics.counts.map(\.value)).count == LinkMetrics.counts.count)
        #expect(Set(LinkMetrics.counts.map(\.name)).count == LinkMetrics.counts.count)
        #expect(!LinkMetrics.counts.map(\.value).contains(\.peers))
    }

    @Test func `what has come since the last look is counted under its name`() throws {
        let metrics = LinkMetrics(prefix: "shop", factory: backend)
        var (last, now) = (LinkStatistics(), LinkStatistics())
        (now.sent, now.unheard, now.sendQueueDropEpisodes) = (1, 2, 3)
        (now.received, now.malformed, now.echoes, now.lost, now.unknownLosses) = (4, 5, 6, 7, 8)
        (now.dropped, now.overflowed, now.unconfirmedSubscriptions) = (9, 10, 11)
        (now.reconnections, now.restartedConnections, now.forbidden) = (12, 13, 14)
        metrics.record(from: last, to: now)
        last = now
        now.sent += 100
        metrics.record(from: last, to: now)
        let names = [
            "sent", "unheard", "queue_full_episodes", "received", "malformed", "echoes", "lost", "unknown_losses",
            "dropped", "overflowed", "unconfirmed", "reconnections", "restarted", "forbidden",
        ]
        #expect(names.map(total) == [101, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
    }

    @Test func `peers come and go`() throws {
        let metrics = LinkMetrics(prefix: "shop", factory: backend)
        var (none, two, one) = (LinkStatistics(), LinkStatistics(), LinkStatistics())
        (none.peers, two.peers, one.peers) = (0, 2, 1)
        metrics.record(from: none, to: two)
        #expect(try peers() == 2)
        metrics.record(from: two, to: one)
        metrics.record(from: one, to: one)
        #expect(try peers() == 1)
    }

    @Test func `figures that go back count nothing`() {
        let metrics = LinkMetrics(prefix: "shop", factory: backend)
        var more = LinkStatistics()
        more.lost = 3
        metrics.record(from: more, to: LinkStatistics())
        #expect(total("lost") == 0)
    }
}
