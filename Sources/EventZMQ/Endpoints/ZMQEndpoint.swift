import EventCore

/// One end of a link, and which side of it waits for the other.
///
/// An address is `tcp://host:port`, `ipc://path`, or `ipc://@name` for a name without a file (Linux). A path has at
/// most 107 bytes; a file that a dead process left there is taken over, and while that is decided there is a file
/// `path.lock`. To bind, a port may be `*`, which picks a free one, and a host `*`, which means all interfaces.
/// What binds and what connects does not depend on what publishes: many publishers may connect to one bound
/// subscriber. ZeroMQ knows no third side, so both cases may be relied on.
public enum ZMQEndpoint: Hashable, Sendable {
    /// Waits at an address for others to connect.
    case bind(String)
    /// Connects to an address where another waits, now or later, and connects again whenever the connection is lost.
    case connect(String)

    /// The address.
    public var address: String {
        switch self {
        case .bind(let address), .connect(let address): address
        }
    }
}

extension ZMQEndpoint: CustomStringConvertible {
    /// What is done with the address, and the address.
    public var description: String {
        switch self {
        case .bind(let address): "bind \(address)".printable
        case .connect(let address): "connect \(address)".printable
        }
    }
}
