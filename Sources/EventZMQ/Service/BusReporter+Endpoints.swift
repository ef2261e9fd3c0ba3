import LinkRuntime
import Logging

/// What is told of the endpoints of a `ZMQBus`.
extension BusReporter {
    /// The bus is open.
    func opened(_ configuration: ZMQBusConfiguration) {
        for endpoint in configuration.publish + configuration.subscribe {
            let protection = configuration.protection(of: endpoint)
            logger?.info(
                "endpoint opened",
                metadata: Self.metadata(["endpoint": "\(endpoint)", "protection": "\(protection)"])
            )
        }
    }

    /// The list of those who may connect has changed, and is in effect.
    func listChanged(_ path: String, count: Int) {
        logger?.notice("list of peers read again", metadata: Self.metadata(["file": path, "peers": "\(count)"]))
    }
}
