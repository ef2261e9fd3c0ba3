public import EventCore
public import Logging

/// Which log a ``NATSLog`` is, where its servers are, and how it is kept there.
public struct NATSLogConfiguration: Sendable {
    /// Where the servers keep what is appended.
    public enum Storage: String, Sendable, Hashable, CaseIterable {
        /// In files, which outlive a restart of the servers.
        case file
        /// In the memory of the servers, gone when the last one with a copy ends.
        case memory
    }

    /// What the servers let go of by themselves.
    public enum Retention: String, Sendable, Hashable, CaseIterable {
        /// What exceeds the limits; the log can be replayed.
        case limits
        /// What every durable consumer has acknowledged; without a consumer nothing is kept.
        case interest
        /// What its one consumer has acknowledged: a queue of work. It cannot be replayed.
        case workQueue = "workqueue"
    }

    /// What happens when a limit is reached.
    public enum Discard: String, Sendable, Hashable, CaseIterable {
        /// The oldest envelopes go.
        case old
        /// `append` throws.
        case new
    }

    /// What to do about the stream when a log is opened.
    public enum Opening: String, Sendable, Hashable, CaseIterable {
        /// It is made when it is missing; one that is there has to be as this configuration says.
        case createOrCheck
        /// It has to be there, and is taken as it is; what this configuration says of it does not matter.
        case asItIs
    }

    /// The servers to begin with, such as `nats://host:4222` or `host`; others of their cluster are found by themselves.
    public var servers: [String]
    /// What the servers call the log: letters, digits, `-` and `_`, up to 64 of them.
    public var stream: String
    /// Which subjects the log takes, before the namespace; none may overlap with those of another stream.
    public var subjects: [Pattern] = [">"]
    /// What to do about the stream at the start.
    public var opening = Opening.createOrCheck
    /// What all subjects begin with on the wire, as ``NATSBusConfiguration/namespace``.
    ///
    /// Without one, no pattern of ``subjects`` may begin with a wildcard, for it would take what belongs to the servers.
    public var namespace: String?
    /// Where it is kept.
    public var storage = Storage.file
    /// How many servers have a copy, 1 to 5; with three it outlives one of them.
    public var replicas = 1
    /// What goes by itself.
    public var retention = Retention.limits
    /// What happens when a limit is reached.
    public var discard = Discard.old
    /// How many envelopes are kept at most, 1 and more; `nil` for any number.
    public var maximumCount: Int?
    /// How many bytes they may have with their headers, 1 and more; `nil` for any number.
    public var maximumBytes: Int?
    /// For how long they are kept, 100 ms and more; `nil` for ever.
    ///
    /// More than some 292 years are as many as that.
    public var maximumAge: Duration?
    /// For how long the servers know the ids of what was appended, so that the same envelope is kept once.
    ///
    /// At least ``timeout``, since `append` repeats an envelope so long while it gets no answer, and no longer than
    /// ``maximumAge``.
    public var duplicateWindow = Duration.seconds(120)
    /// How many envelopes wait for their acknowledgement at a time, 1 to 65536; other calls of `append` wait their turn.
    public var maximumInFlight = 4096
    /// How long a call goes on asking while nobody answers or no server is there, 100 ms and more.
    ///
    /// When the leader of a log with replicas dies, the others take four to ten seconds to have a new one.
    public var timeout = Duration.seconds(20)
    /// What the server's own reports call the connection.
    public var name: String?
    /// What the log proves itself with; `nil` when the server asks for nothing.
    public var credentials: NATSCredentials?
    /// TLS; `nil` for plain text, unless the server insists.
    public var tls: NATSTLS?
    /// How often the server is asked whether it is there, 100 ms and more; two missing answers end the connection.
    public var pingInterval = Duration.seconds(5)
    /// Where changes of the connection and unreadable messages are logged; no secret is.
    public var logger: Logger?
    /// Called with the number of what is no envelope and nobody gets, and why; on a thread that others wait for.
    package var onLeftOut: (@Sendable (UInt64, EventError) -> Void)?

    /// Creates a configuration with the defaults.
    ///
    /// - Parameters:
    ///   - servers: At least one server: `nats://host:4222`, `host:4222` or `host`.
    ///   - stream: What the servers call the log.
    ///   - namespace: What all subjects begin with on the wire.
    public init(servers: [String], stream: String, namespace: String? = nil) {
        (self.servers, self.stream, self.namespace) = (servers, stream, namespace)
    }

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the property.
    func validate() throws(EventError) {
        try Self.check(name: stream, of: "stream")
        guard (1...5).contains(replicas) else { throw .invalidConfiguration("replicas must be from 1 to 5") }
        guard (1...65_536).contains(maximumInFlight) else {
            throw .invalidConfiguration("maximumInFlight must be from 1 to 65536")
        }
        guard maximumCount ?? 1 > 0, maximumBytes ?? 1 > 0 else {
            throw .invalidConfiguration("maximumCount and maximumBytes must be at least 1")
        }
        guard maximumAge ?? .seconds(1) >= .milliseconds(100), timeout >= .milliseconds(100),
            pingInterval >= .milliseconds(100)
        else {
            throw .invalidConfiguration("maximumAge, timeout and pingInterval must be at least 100 ms")
        }
        guard duplicateWindow >= timeout, duplicateWindow <= maximumAge ?? duplicateWindow else {
            throw .invalidConfiguration("duplicateWindow must be at least timeout and at most maximumAge")
        }
        if opening == .createOrCheck { try checkSubjects() }
        _ = try Namespace(namespace)
        _ = try connection
    }

    private func checkSubjects() throws(EventError) {
        guard !subjects.isEmpty else { throw .invalidConfiguration("subjects must not be empty") }
        guard namespace == nil, let pattern = subjects.first(where: { $0.rawValue.hasPrefix("*") || $0 == ">" }) else {
            return
        }
        throw .invalidConfiguration(
            "subjects must not begin with a wildcard, as \(pattern) does, unless there is a namespace"
        )
    }

    /// Checks the name of a stream or a consumer, which becomes part of subjects of the servers and of their files.
    static func check(name: String, of what: String) throws(EventError) {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(name.utf8.count) else {
            throw .invalidConfiguration("the \(what) must be 1 to 64 letters, digits, '-' and '_'")
        }
    }

    /// What the connection needs of it.
    var connection: NATSConnectionOptions {
        get throws(EventError) {
            var options = NATSConnectionOptions(servers: try ServerAddress.list(servers))
            (options.name, options.credentials, options.tls) = (name, credentials, tls)
            options.pingInterval = pingInterval
            options.hearsItself = true
            return options
        }
    }
}
