#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What a handler of an ``EventRouter`` threw, or why it could not be called.
public struct HandlerFailure: Error, CustomStringConvertible {
    /// The name of the handler.
    public let handler: String
    /// The pattern through which the envelope came to it.
    public let pattern: Pattern
    /// The envelope it failed on.
    public let envelope: Envelope
    /// What it threw; ``EventError/payloadDecoding(_:)`` when the payload is not of its type, and it was not called.
    public let error: any Error

    /// The handler, the envelope's subject and id, and the error, in one line.
    public var description: String {
        "\(handler) failed on \(envelope.name): \(error)".printable
    }
}

extension HandlerFailure: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
