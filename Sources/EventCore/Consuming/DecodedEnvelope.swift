#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// An envelope together with the value of its payload.
public struct DecodedEnvelope<Value: Sendable>: Sendable {
    /// The envelope as it was received.
    public let envelope: Envelope
    /// What its payload says.
    public let value: Value
}

/// An envelope whose payload is not the JSON form of the type asked for.
public struct UndecodableEnvelope: Error, Sendable, CustomStringConvertible {
    /// The envelope as it was received.
    public let envelope: Envelope
    /// Why it cannot be decoded: ``EventError/payloadDecoding(_:)``.
    public let reason: EventError

    /// The reason, which names the envelope's subject and id.
    public var description: String { reason.description }
}

extension UndecodableEnvelope: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}

extension DecodedEnvelope where Value: Decodable {
    /// Decodes the payload; none counts as the JSON value `null`.
    init(decoding envelope: Envelope) throws(UndecodableEnvelope) {
        do {
            if let value = try envelope.decode(Value.self) {
                self.init(envelope: envelope, value: value)
                return
            }
        } catch {
            throw UndecodableEnvelope(envelope: envelope, reason: error)
        }
        var null = envelope
        null.payload = Data("null".utf8)
        guard let value = try? null.decode(Value.self) else {
            throw UndecodableEnvelope(
                envelope: envelope,
                reason: .payloadDecoding("\(envelope.name): there is no payload")
            )
        }
        self.init(envelope: envelope, value: value)
    }
}
