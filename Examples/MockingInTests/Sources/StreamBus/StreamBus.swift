import EventMemory
public import EventTransport
import Foundation

/// One of two buses joined by streams of messages: what one publishes, subscriptions of both receive.
///
/// Fire-and-forget: `publish` returns before the other bus has the envelope.
public final class StreamBus: Bus {
    /// What is on the wire: the envelope as JSON, and its payload apart, so that no byte of it changes.
    private struct Message: Sendable {
        var head: Data
        var payload: Data?
    }

    private let local: MemoryBus
    private let outgoing: AsyncStream<Message>.Continuation
    private let reader: Task<Void, Never>

    private init(
        sending outgoing: AsyncStream<Message>.Continuation,
        receiving incoming: AsyncStream<Message>,
        observer: (any Observer)?
    ) {
        let local = MemoryBus(observer: observer)
        (self.local, self.outgoing) = (local, outgoing)
        reader = Task {
            for await message in incoming {
                guard var envelope = try? Envelope(jsonData: message.head) else { continue }
                envelope.payload = message.payload
                local.deliver(envelope)
            }
        }
    }

    /// Creates two buses that are joined.
    ///
    /// - Parameter observer: Told what happens on the first.
    /// - Returns: Both.
    public static func pair(observer: (any Observer)? = nil) -> (StreamBus, StreamBus) {
        let there = AsyncStream.makeStream(of: Message.self)
        let back = AsyncStream.makeStream(of: Message.self)
        return (
            StreamBus(sending: there.continuation, receiving: back.stream, observer: observer),
            StreamBus(sending: back.continuation, receiving: there.stream, observer: nil)
        )
    }

    /// Publishes to subscriptions of this bus and then to the other one.
    ///
    /// - Parameter envelope: The envelope.
    /// - Throws: As every bus.
    public func publish(_ envelope: Envelope) async throws {
        let envelope = envelope.filledForPublishing()
        try await local.publish(envelope)
        var head = envelope
        head.payload = nil
        outgoing.yield(Message(head: try head.jsonData(), payload: envelope.payload))
    }

    /// Begins to collect what either bus publishes.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: The subscription.
    /// - Throws: As every bus.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await local.subscribe(to: pattern, options: options)
    }

    /// Closes this bus, and the way to the other one.
    public func close() async {
        await local.close()
        outgoing.finish()
        reader.cancel()
    }
}
