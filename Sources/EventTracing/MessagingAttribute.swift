import EventCore
import Tracing

/// The names of the attributes that spans of this module carry, after OpenTelemetry's semantic conventions for messaging
/// spans (status "development", as of version 1.30).
public enum MessagingAttribute {
    /// Always ``systemName``.
    public static let system = "messaging.system"
    /// `publish` or `process`.
    public static let operationName = "messaging.operation.name"
    /// `send` for a publish, `process` for what a consumer does.
    public static let operationType = "messaging.operation.type"
    /// The subject.
    public static let destinationName = "messaging.destination.name"
    /// The publisher's template, or the consumer's pattern; absent without one.
    public static let destinationTemplate = "messaging.destination.template"
    /// `true` for the subject that one request waits for its reply on; absent for others.
    public static let destinationTemporary = "messaging.destination.temporary"
    /// The id of the request that a reply answers; absent from what is no reply.
    public static let conversationID = "messaging.message.conversation_id"
    /// The id of the envelope.
    public static let messageID = "messaging.message.id"
    /// The type of the error that ended the operation; absent when none did.
    public static let errorType = "error.type"

    /// The value of ``system``.
    public static let systemName = "event_bus"
}

/// What is done with a message.
enum MessagingOperation: String {
    case publish, process

    var type: String {
        switch self {
        case .publish: "send"
        case .process: "process"
        }
    }
}

/// The name of an operation and, where there is one, the template of its destination.
func spanName(_ operation: String, _ template: String?) -> String {
    template.map { "\(operation) \($0)" } ?? operation
}

extension Span {
    /// Says what is done with which envelope.
    func describe(_ operation: MessagingOperation, of envelope: Envelope, template: String?) {
        updateAttributes { attributes in
            attributes[MessagingAttribute.system] = MessagingAttribute.systemName
            attributes[MessagingAttribute.operationName] = operation.rawValue
            attributes[MessagingAttribute.operationType] = operation.type
            attributes[MessagingAttribute.destinationName] = envelope.subject.rawValue
            if let template { attributes[MessagingAttribute.destinationTemplate] = template }
            if envelope.subject.isReplyAddress { attributes[MessagingAttribute.destinationTemporary] = true }
            if let request = envelope.headers[Envelope.HeaderKey.requestID] {
                attributes[MessagingAttribute.conversationID] = request
            }
            if !envelope.id.isEmpty { attributes[MessagingAttribute.messageID] = envelope.id }
        }
    }

    /// Names the type of an error; the tracer records the rest.
    func recordType(of error: any Error) {
        updateAttributes { $0[MessagingAttribute.errorType] = String(reflecting: type(of: error)) }
    }
}
