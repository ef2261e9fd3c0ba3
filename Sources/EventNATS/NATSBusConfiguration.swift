public import EventCore
public import Logging

/// How a ``NATSBus`` writes what it publishes.
public enum NATSForm: String, Sendable, CaseIterable {
    /// The payload is the body, byte for byte, and the rest one header: any NATS client can read it.
    case header
    /// Envelopes in the binary form that buses send each other over ZeroMQ are the body, several of one subject in a message
    /// when there are many: faster, without headers, and for buses alone. A ``NATSLog`` cannot read several of a message.
    case body
}

/// Where a ``NATSBus`` connects to, and how.
public struct NATSBusConfiguration: Sendable {
    /// The servers to begin with, such as `nats://host:4222` or `host`; others of their cluster are found by themselves.
    public var servers: [String]
    /// Told what happens to every envelope.
    public var observer: (any Observer)?
    /// What the server's own reports call the connection.
    public var name: String?
    /// What all subjects of the bus begin with on the wire, up to 128 bytes: segments of letters, digits, `-` and `_`.
    ///
    /// Buses with different namespaces do not see each other. Without one, foreign programs see plain subjects, and a
    /// subscription to `>` makes the server send everything there is, which the bus ignores as far as it is not its own.
    public var namespace: String?
    /// How envelopes are written; every bus reads both.
    public var form = NATSForm.header
    /// What the bus proves itself with; `nil` when the server asks for nothing.
    public var credentials: NATSCredentials?
    /// TLS; `nil` for plain text, unless the server insists.
    public var tls: NATSTLS?
    /// How many envelopes wait at most to be sent, 1 to 2²⁴.
    public var queueCapacity = 65_536
    /// How many bytes they may have, 1 KiB and more.
    public var queueBytes = 64 << 20
    /// How many received envelopes wait at most for predicates and observers, 1 to 2²⁴.
    public var receiveQueueCapacity = 65_536
    /// How many bytes they may have, 1 KiB and more.
    public var receiveQueueBytes = 64 << 20
    /// How long `subscribe` waits at most until a subscription is in effect at all servers.
    public var confirmationTimeout = Duration.seconds(2)
    /// How long `close` waits at most for what has not been sent.
    public var linger = Duration.seconds(1)
    /// How often the server is asked whether it is there, 100 ms and more; two missing answers end the connection.
    public var pingInterval = Duration.seconds(5)
    /// Where changes of state are logged; no secret is.
    public var logger: Logger?

    static let queueCapacities = 1...1 << 24
    static let queueSizes = 1024...Int.max

    /// Creates a configuration with the defaults.
    ///
    /// - Parameters:
    ///   - servers: At least one server: `nats://host:4222`, `host:4222` or `host`.
    ///   - observer: Told what happens to every envelope.
    public init(servers: [String], observer: (any Observer)? = nil) {
        (self.servers, self.observer) = (servers, observer)
    }

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the property.
    func validate() throws(EventError) {
        guard Self.queueCapacities.contains(queueCapacity), Self.queueCapacities.contains(receiveQueueCapacity) else {
            throw .invalidConfiguration("queueCapacity and receiveQueueCapacity must be from 1 to 16777216")
        }
        guard Self.queueSizes.contains(queueBytes), Self.queueSizes.contains(receiveQueueBytes) else {
            throw .invalidConfiguration("queueBytes and receiveQueueBytes must be at least 1024")
        }
        guard confirmationTimeout >= .zero, linger >= .zero else {
            throw .invalidConfiguration("confirmationTimeout and linger must not be negative")
        }
        guard pingInterval >= .milliseconds(100) else {
            throw .invalidConfiguration("pingInterval must be at least 100 ms")
        }
        _ = try Namespace(namespace)
        _ = try connection
    }

    /// What the connection needs of it.
    var connection: NATSConnectionOptions {
        get throws(EventError) {
            var options = NATSConnectionOptions(servers: try ServerAddress.list(servers))
            (options.name, options.credentials, options.tls) = (name, credentials, tls)
            options.pingInterval = pingInterval
            return options
        }
    }
}
