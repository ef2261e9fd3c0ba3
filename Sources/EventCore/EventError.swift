/// What can go wrong on a bus and with the values it carries.
///
/// Compare cases rather than texts: the associated text is for people and may change between versions.
@nonexhaustive
public enum EventError: Error, Hashable, Sendable {
    /// The bus was closed before, or while, the call waited.
    case busClosed
    /// Text is no ``Subject``; the associated value names the fault and where it is.
    case invalidSubject(String)
    /// Text is no ``Pattern``; the associated value names the fault and where it is.
    case invalidPattern(String)
    /// A payload could not be encoded as JSON.
    case payloadEncoding(String)
    /// A payload is not the JSON form of the type asked for.
    case payloadDecoding(String)
    /// Bytes are no envelope, or an envelope has no JSON form; the associated value names the fault and its byte offset.
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
    public var description: String {
        switch self {
        case .busClosed: "the bus is closed"
        case .invalidSubject(let fault): "invalid subject: \(fault)"
        case .invalidPattern(let fault): "invalid pattern: \(fault)"
        case .payloadEncoding(let fault): "the payload cannot be encoded: \(fault)"
        case .payloadDecoding(let fault): "the payload cannot be decoded: \(fault)"
        case .malformedEnvelope(let fault): "malformed envelope: \(fault)"
        case .invalidConfiguration(let fault): "invalid configuration: \(fault)"
        case .noReply(let request): "no reply to \(request)"
        case .requestFailed(let fault): "the request failed: \(fault)"
        case .transport(let failure): failure.description
        }
    }
}
