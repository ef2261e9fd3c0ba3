/// Something that changed about the link of a bus.
///
/// An endpoint is the text that it was configured with.
@nonexhaustive
public enum LinkEvent: Sendable, Hashable {
    /// A peer is connected through an endpoint.
    case connected(endpoint: String)
    /// A peer that was connected through an endpoint is gone; there is one for each ``connected(endpoint:)`` at most.
    case disconnected(endpoint: String, reason: String)
    /// No connection came about: nobody listens there, or one of the two refused the other.
    case refused(endpoint: String, reason: String)
    /// The host of an endpoint has no address; it is asked for again.
    case unresolved(endpoint: String, reason: String)
    /// A peer speaks another version of the wire format.
    case incompatible(endpoint: String, reason: String)
    /// Somebody sent what is no envelope, and it was dropped.
    case malformed(endpoint: String, reason: String)
    /// The transport had given up a connection, and it was begun anew.
    case restarted(endpoint: String)
    /// A bus that subscribes here came; with its id.
    case subscriberJoined(String)
    /// A bus that subscribed here is gone; with its id.
    case subscriberLeft(String)
    /// Envelopes that another bus sent did not arrive.
    case lost(LinkLoss)
    /// A subscriber's send queue is full, and it loses what is published until the queue has drained.
    case queueFull(endpoint: String)
    /// A server does not let this bus publish on a subject; what it published there is dropped.
    case forbidden(endpoint: String, reason: String)
    /// A call of `subscribe` returned before everybody had confirmed; with who has not.
    case unconfirmed(pattern: Pattern, missing: [String])

    /// Where it happened; `nil` for a bus that joined or left and may have several endpoints.
    public var endpoint: String? {
        switch self {
        case .connected(let endpoint), .disconnected(let endpoint, _), .refused(let endpoint, _),
            .unresolved(let endpoint, _), .incompatible(let endpoint, _), .malformed(let endpoint, _),
            .restarted(let endpoint), .queueFull(let endpoint), .forbidden(let endpoint, _):
            endpoint
        case .lost(let loss): loss.endpoint
        case .unconfirmed(_, let missing): missing.first
        case .subscriberJoined, .subscriberLeft: nil
        }
    }

    /// What it means, in a few words on one line.
    public var reason: String { words.printable }

    private var words: String {
        switch self {
        case .connected: "a peer is connected"
        case .disconnected(_, let reason), .refused(_, let reason), .unresolved(_, let reason),
            .incompatible(_, let reason), .malformed(_, let reason), .forbidden(_, let reason):
            reason
        case .restarted: "the connection had been given up and is begun anew"
        case .subscriberJoined(let id): "bus \(id) subscribes here"
        case .subscriberLeft(let id): "bus \(id) is gone"
        case .lost(let loss): loss.description
        case .queueFull: "the send queue of a subscriber is full; it loses what is published until it has drained"
        case .unconfirmed(let pattern, let missing):
            "\(pattern) is not confirmed by \(missing.joined(separator: ", "))"
        }
    }
}

extension LinkEvent: CustomStringConvertible {
    /// Where it happened and what it means, in one line.
    public var description: String { endpoint.map { "\($0.printable): \(reason)" } ?? reason }
}

/// Envelopes that were sent to a bus and did not arrive.
public struct LinkLoss: Sendable, Hashable, CustomStringConvertible {
    /// How many; `nil` when something may have been lost that nobody could count.
    public var count: Int?
    /// What the subjects began with: the literal prefix that the bus had asked for, or a whole subject.
    public var prefix: String
    /// The id of the bus that sent them.
    public var origin: String
    /// Where they should have come from.
    public var endpoint: String

    /// Creates the record of a loss.
    ///
    /// - Parameters:
    ///   - count: How many; `nil` when that is not known.
    ///   - prefix: What the subjects began with.
    ///   - origin: The id of the bus that sent them.
    ///   - endpoint: Where they should have come from.
    public init(count: Int?, prefix: String, origin: String, endpoint: String) {
        (self.count, self.prefix, self.origin, self.endpoint) = (count, prefix, origin, endpoint)
    }

    /// One line for people.
    public var description: String {
        let amount = count.map(String.init) ?? "an unknown number of"
        let subjects = prefix.isEmpty ? "all subjects" : prefix
        return "lost \(amount) envelopes on \(subjects) from \(origin) over \(endpoint)".printable
    }
}
