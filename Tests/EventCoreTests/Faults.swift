import EventCore

extension EventError {
    /// The text that names the fault, for the kinds of error that have one.
    var fault: String {
        switch self {
        case .invalidSubject(let fault), .invalidPattern(let fault), .payloadEncoding(let fault),
            .payloadDecoding(let fault), .malformedEnvelope(let fault), .invalidConfiguration(let fault):
            fault
        default: ""
        }
    }
}
