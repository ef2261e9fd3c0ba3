public import EventCore
import Foundation

/// The envelopes and subjects that the workloads use.
public enum Samples {
    /// A subject that no `graph.>` pattern matches.
    public static let quiet: Subject = "kanban.board.b1.update"
    /// The subject that subscriptions listen to.
    public static let busy: Subject = "graph.run.r17.start"

    /// A payload of the size that events commonly have.
    public struct Step: Codable, Sendable {
        /// The node that took the step.
        public var node = "summarize"
        /// How often it was tried.
        public var attempt = 1
        /// How long it took.
        public var milliseconds = 184

        /// Creates a step.
        public init() {}
    }

    /// An envelope without a payload whose JSON form has 190 bytes.
    public static func header() -> Envelope {
        Envelope(
            subject: busy,
            source: "planner-summarize-eu-1",
            headers: ["run_id": "r17-4a6f", "tenant": "acme-europe"]
        )
    }

    /// How long the payload of a wire envelope is, in bytes.
    public static let wirePayloadCount = 75

    /// An envelope whose three frames on the wire have 260 bytes together, give or take the digits of its number.
    ///
    /// - Parameters:
    ///   - subject: The subject.
    ///   - payloadCount: How long the payload is; at least 2, or 0 for none.
    /// - Returns: A new envelope.
    public static func wire(subject: Subject = busy, payloadCount: Int = wirePayloadCount) -> Envelope {
        let payload = payloadCount == 0 ? "" : "\"" + String(repeating: "x", count: payloadCount - 2) + "\""
        return Envelope(subject: subject, rawPayload: Data(payload.utf8), source: "planner", headers: ["run_id": "r17"])
    }

    /// The pattern of the subscription with a number: `graph.run.r7.>`.
    public static func runPattern(_ number: Int) throws -> Pattern {
        try Pattern(validating: "graph.run.r\(number).>")
    }

    /// A subject that ``runPattern(_:)`` of the same number matches.
    public static func runSubject(_ number: Int) throws -> Subject {
        try Subject(segments: ["graph", "run", "r\(number)", "start"])
    }
}

/// Options of a subscription that keeps the latest 64 envelopes, so that it never makes a publisher wait.
public let keepLatest = SubscriptionOptions(bufferCapacity: 64, backpressure: .dropOldest)
