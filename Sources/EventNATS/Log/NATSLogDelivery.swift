public import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// An envelope that a durable consumer was sent, to be acknowledged.
///
/// What is neither acknowledged nor given back within ``NATSLogConsumerOptions/acknowledgementWait`` is sent again, maybe to
/// another reader. Each of the calls below returns when the server has it; when one throws, the envelope may come again.
public struct NATSLogDelivery: Sendable {
    /// The envelope, and where it is.
    public let entry: NATSLogEntry
    /// How many times it was sent, this time included; more than 1 for a redelivery.
    public let deliveries: Int
    /// Where answers go, as C text.
    let reply: [UInt8]
    let session: LogSession

    /// The envelope.
    public var envelope: Envelope { entry.envelope }

    /// Says that the envelope is dealt with: the consumer is not sent it again.
    ///
    /// - Throws: ``/EventCore/EventError/busClosed``; `CancellationError`; ``/EventCore/EventError/transport(_:)`` when no
    ///   server confirms it in time.
    public func ack() async throws { try await answer("+ACK") }

    /// Gives it back: it is sent again, to any reader of the consumer.
    ///
    /// - Parameter delay: How long it is kept back before that; at once when it is `nil` or nothing, after some
    ///   292 years when it is longer.
    /// - Throws: As ``ack()`` does.
    public func nak(after delay: Duration? = nil) async throws {
        guard let delay, delay > .zero else { return try await answer("-NAK") }
        try await answer("-NAK {\"delay\":\(delay.wholeNanoseconds)}")
    }

    /// Says that it will never be dealt with: it is not sent again, whatever the number of deliveries.
    ///
    /// - Throws: As ``ack()`` does.
    public func term() async throws { try await answer("+TERM") }

    /// Says that it is being worked on: the time for its acknowledgement begins anew.
    ///
    /// - Throws: As ``ack()`` does.
    public func extend() async throws { try await answer("+WPI") }

    private func answer(_ text: String) async throws {
        let request = LogRequest(wire: reply, body: Data(text.utf8))
        _ = try await session.ask(request, to: "answer number \(entry.sequence) of the log \(session.stream)")
    }
}
