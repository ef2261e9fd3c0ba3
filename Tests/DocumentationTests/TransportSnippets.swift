import EventMemory
import EventTesting
import EventTransport
import Foundation
import Testing

/// What moves messages between processes.
protocol Wire: Sendable {
    func send(_ frames: [Data]) async throws
    var incoming: AsyncStream<[Data]> { get }
    func close() async
}

/// A bus over a wire that repeats everything to everybody.
final class WireBus: Bus {
    private let wire: any Wire
    private let local: MemoryBus
    private let receiving: Task<Void, Never>

    init(_ wire: any Wire, observer: (any Observer)? = nil) {
        let local = MemoryBus(observer: observer)
        self.wire = wire
        self.local = local
        receiving = Task {
            for await frames in wire.incoming {
                guard let header = frames.first, var envelope = try? Envelope(jsonData: header) else { continue }
                if frames.count > 1 { envelope.payload = frames[1] }
                local.deliver(envelope)
            }
        }
    }

    func publish(_ envelope: Envelope) async throws {
        // What is not set is filled here, on the publisher's task, so that both sides see the same.
        let envelope = envelope.filledForPublishing()
        try await local.publish(envelope)

        var header = envelope
        header.payload = nil
        try await wire.send([header.jsonData()] + (envelope.payload.map { [$0] } ?? []))
    }

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await local.subscribe(to: pattern, options: options)
    }

    func close() async {
        await local.close()
        await wire.close()
        await receiving.value
    }

    deinit { receiving.cancel() }
}

/// A wire whose other end is in the same process.
private struct LoopbackWire: Wire {
    let incoming: AsyncStream<[Data]>
    private let own: AsyncStream<[Data]>.Continuation
    private let other: AsyncStream<[Data]>.Continuation

    static func pair() -> (LoopbackWire, LoopbackWire) {
        let (left, toLeft) = AsyncStream.makeStream(of: [Data].self)
        let (right, toRight) = AsyncStream.makeStream(of: [Data].self)
        return (
            LoopbackWire(incoming: left, own: toLeft, other: toRight),
            LoopbackWire(incoming: right, own: toRight, other: toLeft)
        )
    }

    func send(_ frames: [Data]) async throws { other.yield(frames) }

    func close() async { own.finish() }
}

/// The transport of the article "Writing a transport", and the cases that it shows.
@Suite(.timeLimit(.minutes(5))) struct TransportSnippets {
    @Test(arguments: BusConformance.cases(for: .inProcess))
    func keepsAlone(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = WireBus(LoopbackWire.pair().0, observer: observer)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: .unobserved))
    func keepsUnobserved(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in
            let bus = WireBus(LoopbackWire.pair().0)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: .fireAndForget))
    func keepsAcrossTheWire(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let (near, far) = LoopbackWire.pair()
            return BusFixture(publisher: WireBus(near, observer: observer), subscriber: WireBus(far))
        }
    }

    @Test(arguments: BusConformance.cases(for: .inProcess))
    func keepsWhileWrapped(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let linked = StubLinkedBus(observer: observer)
            let bus = RecordingBus(wrapping: linked)
            return BusFixture(publisher: bus, subscriber: bus, wrapping: linked)
        }
    }
}
