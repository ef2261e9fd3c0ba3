#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Envelope.HeaderKey {
    /// On a request: the subject its reply is expected on.
    public static let replyTo = "reply_to"
    /// On a reply: the ``Envelope/id`` of the request.
    public static let requestID = "request_id"
    /// On a reply: why the request failed; absent from a reply that succeeded.
    public static let replyError = "reply_error"
}

/// The subject that the replies to one request are expected on: `_reply.` and an id that nobody else makes.
///
/// Replies are sent to such subjects alone, so that a request from elsewhere cannot have something published on a
/// subject that means something.
struct ReplyAddress {
    fileprivate static let prefix = "_reply."

    let subject: Subject

    /// Makes a fresh address.
    init() throws(EventError) {
        subject = try Subject(validating: Self.prefix + EventIdentifier(at: Timestamp(Date()).seconds).text)
    }

    /// Reads the address from a request; `nil` when there is none, or one that nobody may be made to publish on.
    init?(of request: Envelope) {
        guard let text = request.headers[Envelope.HeaderKey.replyTo], let subject = try? Subject(validating: text),
            subject.isReplyAddress, !text.utf8.dropFirst(Self.prefix.utf8.count).contains(SegmentSyntax.dot)
        else { return nil }
        self.subject = subject
    }
}

extension Subject {
    /// Whether it is where one request waits for its reply.
    package var isReplyAddress: Bool { rawValue.utf8.starts(with: ReplyAddress.prefix.utf8) }
}

extension Pattern {
    /// Whether it is where one request waits for its reply.
    package var isReplyAddress: Bool { rawValue.utf8.starts(with: ReplyAddress.prefix.utf8) }
}
