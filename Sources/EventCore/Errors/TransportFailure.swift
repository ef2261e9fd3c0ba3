#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// An operation of a transport that failed, with the reason the system gave.
public struct TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was attempted, with the endpoint where there is one: `bind tcp://127.0.0.1:5556`.
    public var operation: String
    /// The reason, for people.
    public var reason: String
    /// The system's or library's error number, when there is one.
    public var code: Int32?

    /// Creates a failure.
    ///
    /// - Parameters:
    ///   - operation: What was attempted.
    ///   - reason: Why it failed, for people.
    ///   - code: The system's or library's error number.
    public init(operation: String, reason: String, code: Int32? = nil) {
        self.operation = operation
        self.reason = reason
        self.code = code
    }

    /// The operation and the reason in one line.
    public var description: String {
        "\(operation): \(reason)".printable
    }
}

extension TransportFailure: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
