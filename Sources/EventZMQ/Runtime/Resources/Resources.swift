import CResources
import EventCore

/// What libzmq takes of the system, which it asserts that there is enough of.
enum Resources {
    /// Of a context: the descriptors and threads of its reaper and its I/O thread.
    static let descriptorsOfContext = 8
    static let threadsOfContext = 2
    /// Of a socket with its monitor, and what it needs for a moment while it is bound or connected.
    static let descriptorsOfSocket = 8
    /// Of Dispatch, which has none before the first timer, and ends the process when it cannot have them then.
    static let descriptorsOfTimers = 4

    /// Done when the process has had a timer, so that others can be had when descriptors have run out.
    ///
    /// Dispatch opens the descriptor of a clock for a deadline that is still to come when its manager looks. A short
    /// wait may have passed by then; so one that is far away is under way, until the manager has looked after it:
    /// the second wait reaches it when it has armed what it had at the end of the first.
    static let timers = Task.detached {
        let distant = Task.detached { try? await Task.sleep(for: .seconds(3600)) }
        for _ in 1...2 { try? await Task.sleep(for: .milliseconds(1)) }
        distant.cancel()
    }

    /// Makes sure that an operation can have what it needs, so that it need not be undone half way.
    ///
    /// - Throws: ``EventError/transport(_:)`` with the code of what has run out, such as EMFILE.
    static func check(
        _ operation: @autoclosure () -> String,
        descriptors: Int,
        threads: Int = 0
    ) throws(EventError) {
        let code = cresources_check(Int32(clamping: descriptors), Int32(clamping: threads))
        guard code == 0 else { throw ZMQResult.failure(operation(), code) }
    }

    /// Ends a connection that one of some endpoints has accepted.
    ///
    /// libzmq may have closed it, and its number may stand for something else; so it has to be one of those.
    ///
    /// - Returns: Whether it was.
    static func cut(_ connection: Int32, of endpoints: [String]) -> Bool {
        endpoints.contains { endpoint in
            if endpoint.hasPrefix("ipc://") {
                return unsafe cresources_cut(connection, String(endpoint.dropFirst(6)), 0) == 0
            }
            guard let port = endpoint.split(separator: ":").last.flatMap({ UInt16($0) }) else { return false }
            return cresources_cut(connection, nil, port) == 0
        }
    }

    /// Has connections sent away that a listener could not accept for want of descriptors.
    static func guardListener(_ descriptor: Int32) throws(EventError) {
        let code = cresources_guard(descriptor)
        guard code == 0 else { throw ZMQResult.failure("keep a descriptor in reserve", code) }
    }
}
