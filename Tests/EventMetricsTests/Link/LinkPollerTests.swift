import EventCore
import EventMemory
import EventTesting
import MetricsTestKit
import Testing

@testable import EventMetrics

@Suite(.timeLimit(.minutes(1))) struct LinkPollerTests {
    private let backend = TestMetrics()
    private let bus = StubLinkedBus()
    private var link: StubLink { bus.stub }

    private func observer(_ prefix: String = "shop") -> MetricsObserver {
        MetricsObserver(prefix: prefix, factory: backend)
    }

    private func total(_ name: String, _ prefix: String = "shop") -> Int64 {
        backend.counterTotal(label: "\(prefix)_link_\(name)")
    }

    private func peers() throws -> Double? { try backend.expectMeter("shop_link_peers").lastValue }

    /// A pause that lasts until the test says so.
    private struct Pauses: Sendable {
        /// Yields when a pause begins, which is after a look.
        let begun = AsyncStream.makeStream(of: Void.self)
        private let over = AsyncStream.makeStream(of: Void.self)

        func end() { over.continuation.yield() }

        func pause() async throws {
            begun.continuation.yield()
            for await _ in over.stream { return }
            throw CancellationError()
        }
    }

    @Test func `a link is looked at at once and after each pause`() async throws {
        let pauses = Pauses()
        link.statistics.lost = 2
        link.statistics.peers = 1
        let metered = MeteredBus(bus, metrics: observer(), pause: pauses.pause)
        var begun = pauses.begun.stream.makeAsyncIterator()
        await begun.next()
        #expect(total("lost") == 2)
        #expect(try peers() == 1)
        for round in 1...3 {
            link.statistics.lost += 5
            pauses.end()
            await begun.next()
            #expect(total("lost") == 2 + 5 * Int64(round))
        }
        withExtendedLifetime(metered) {}
    }

    @Test func `what is counted while the bus closes is not missed`() async throws {
        let bus = StubLinkedBus { $0.statistics.lost += 3 }
        let metered = MeteredBus(bus, metrics: observer(), pause: Pauses().pause)
        bus.stub.statistics.lost = 1
        bus.stub.statistics.peers = 4
        await metered.close()
        #expect(total("lost") == 4)
        #expect(try peers() == 0)
        await metered.close()
        #expect(total("lost") == 7)
        #expect(try peers() == 0)
    }

    @Test func `a bus that somebody else closes is looked at a last time`() async throws {
        let metered = MeteredBus(bus, metrics: observer(), pause: Pauses().pause)
        let poller = try #require(metered.poller)
        link.statistics.received = 8
        link.statistics.peers = 2
        await bus.close()
        await poller.task.value
        #expect(total("received") == 8)
        #expect(try peers() == 0)
    }

    @Test func `nobody looks once the metered bus is gone`() async throws {
        var bus: StubLinkedBus? = StubLinkedBus()
        weak let released = bus?.stub
        let task = MeteredBus(try #require(bus), metrics: observer(), pause: Pauses().pause).poller?.task
        bus = nil
        await task?.value
        #expect(released == nil)
    }

    @Test func `copies of a metered bus look together, until the last has gone`() async throws {
        var first: MeteredBus? = MeteredBus(bus, metrics: observer(), pause: Pauses().pause)
        let second = first
        first = nil
        link.statistics.sent = 1
        let poller = try #require(second?.poller)
        #expect(!poller.task.isCancelled)
        poller.look()
        #expect(total("sent") == 1)
    }

    @Test func `two metered buses with one observer count a link once`() async throws {
        let metrics = observer()
        let buses = (0..<2).map { _ in MeteredBus(bus, metrics: metrics, pause: Pauses().pause) }
        link.statistics.sent = 3
        link.statistics.peers = 1
        for bus in buses { bus.poller?.look() }
        #expect(total("sent") == 3)
        await buses[0].poller?.end()
        #expect(try peers() == 1)
        await buses[1].poller?.end()
        #expect(try peers() == 0)
    }

    @Test func `a metered bus that comes after another one goes on where that ended`() async throws {
        let metrics = observer()
        for round in 1...3 {
            let metered = MeteredBus(bus, metrics: metrics, pause: Pauses().pause)
            link.statistics.sent += 1
            await metered.poller?.end()
            #expect(total("sent") == Int64(round))
        }
    }

    @Test func `different observers count all of a link each`() async throws {
        let inner = MeteredBus(bus, metrics: observer("inner"), pause: Pauses().pause)
        let outer = MeteredBus(inner, metrics: observer("outer"), pause: Pauses().pause)
        link.statistics.sent = 3
        await outer.close()
        #expect(total("sent", "inner") == 3)
        #expect(total("sent", "outer") == 3)
    }

    @Test func `links of several buses add up`() async throws {
        let metrics = observer()
        let other = StubLinkedBus()
        let buses = [bus, other].map { MeteredBus($0, metrics: metrics, pause: Pauses().pause) }
        link.statistics.peers = 1
        other.stub.statistics.peers = 2
        for bus in buses { bus.poller?.look() }
        #expect(try peers() == 3)
        await other.close()
        await buses[1].poller?.end()
        #expect(try peers() == 1)
    }

    @Test func `a link that is a value is counted by each`() async throws {
        struct ValueLink: BusLink {
            let base: StubLink
            var statistics: LinkStatistics { base.statistics }
            var events: LinkEvents { base.events }
            func waitForSubscribers(of: Subject, atLeast: Int, timeout: Duration) async throws -> Bool { true }
        }
        let links = LinkMeters(prefix: "shop", factory: backend)
        let value = ValueLink(base: link)
        link.statistics.sent = 2
        for _ in 0..<2 { links[value].look(at: value) }
        #expect(total("sent") == 4)
        for _ in 0..<2 { links[link].look(at: link) }
        #expect(total("sent") == 6)
    }

    @Test func `a bus without a link has no metrics of one`() async {
        let metered = MeteredBus(MemoryBus(), metrics: observer())
        #expect(metered.poller == nil)
        #expect(backend.counters(label: "shop_link_sent").isEmpty)
        await metered.close()
    }

    @Test func `the link is forwarded`() {
        let metered = MeteredBus(bus, metrics: observer())
        #expect(metered.link as? StubLink === link)
    }
}
