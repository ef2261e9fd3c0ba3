import EventCore
import EventMemory
import EventTransport

/// A bus that sends what is published to another one, which has it some time later.
final class LinkedBus: Bus {
    private let local: MemoryBus
    private let link: AsyncStream<Envelope>.Continuation

    init(to receiver: MemoryBus, observer: any Observer) {
        local = MemoryBus(observer: observer)
        let (envelopes, link) = AsyncStream.makeStream(of: Envelope.self)
        self.link = link
        Task {
            for await envelope in envelopes { receiver.deliver(envelope) }
        }
    }

    func publish(_ envelope: Envelope) async throws {
        let envelope = envelope.filledForPublishing()
        try await local.publish(envelope)
        link.yield(envelope)
    }

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await local.subscribe(to: pattern, options: options)
    }

    func close() async {
        await local.close()
        link.finish()
    }
}
