#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What can go wrong on a bus and with the values it carries.
///
/// Compare cases rather than texts: the associated text is for people and may change between versions. It is what
/// `String(describing:)` and `localizedDescription` are made of, one line that may go to a log: of what others have sent it
/// holds no more than the names of an envelope and a short excerpt.
@nonexhaustive
public enum EventError: Error, Hashable, Sendable {
    /// The bus was closed before, or while, the call waited.
    case busClosed
    /// Text is no ``Subject``; the associated value names the fault and where it is.
    case invalidSubject(String)
    /// Text is no ``Pattern``; the associated value names the fault and where it is.
    case invalidPattern(String)
    /// A payload could not be encoded as JSON; the associated value names the envelope's subject and what in the value has
    /// no JSON form.
    case payloadEncoding(String)
    /// A payload is not the JSON form of the type asked for; the associated value names the envelope's subject and id, and
    /// the coding path and the byte offset of what does not fit.
    case payloadDecoding(String)
    /// Bytes are no envelope, or an envelope has no JSON form; the associated value names the envelope as far as it is
    /// known, the fault and its byte offset.
    case malformedEnvelope(String)
    /// An option or an endpoint is out of range or makes no sense.
    case invalidConfiguration(String)
    /// Nobody answered a request in time; the associated value names its subject and the limit.
    case noReply(String)
    /// The one who answered a request failed; the associated value is what it says about it.
    case requestFailed(String)
    /// The transport below the bus failed.
    case transport(TransportFailure)
}

extension EventError: CustomStringConvertible {
    /// One line that names the kind of error and the fault.
    public var description: String { text.printable }

    private var text: String {
        switch self {
        case .busClosed: "the bus is closed"
        case .invalidSubject(let fault): "invalid subject: \(fault)"
        case .invalidPattern(let fault): "invalid pattern: \(fault)"
        case .payloadEncoding(let fault): "the payload cannot be encoded: \(fault)"
        case .payloadDecoding(let fault): "the payload cannot be decoded: \(fault)"
        case .malformedEnvelope(let fault): "malformed envelope: \(fault)"
        case .invalidConfiguration(let fault): "invalid configuration: \(fault)"
        case .noReply(let request): "no reply to \(request)"
        case .requestFailed(let fault): "the request failed: \(fault.excerpt(upTo: 500))"
        case .transport(let failure): failure.description
        }
    }
}

extension EventError: LocalizedError {
    /// The same line as ``description``, for `localizedDescription`.
    public var errorDescription: String? { description }
}
