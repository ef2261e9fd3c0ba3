import EventCore
import LinkRuntime
import Logging

/// What libnats tells of a connection.
extension BusReporter {
    /// A server is about to stop, and its clients are to look for another one.
    func serverStops(_ endpoint: String) {
        logger?.notice("the server is about to stop", metadata: Self.metadata(["endpoint": endpoint]))
    }

    /// Something went wrong, in the words of the server or of libnats.
    func connectionFailed(_ endpoint: String, _ reason: String) {
        if reason.hasPrefix(Permissions.ofPublish) {
            happened(.forbidden(endpoint: endpoint, reason: reason))
        } else if reason.lowercased().hasPrefix("authorization") {
            happened(.refused(endpoint: endpoint, reason: reason))
        } else if !reason.hasPrefix(Permissions.ofSubscription) {
            logger?.warning("connection", metadata: Self.metadata(["endpoint": endpoint, "reason": reason]))
        }
    }
}
