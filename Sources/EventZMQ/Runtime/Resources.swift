import CResources
import EventCore

/// What libzmq takes of the system, which it asserts that there is enough of.
enum Resources {
    /// Of a context: the descriptors and threads of its reaper and its I/O thread.
    static let descriptorsOfContext = 8
    static let threadsOfContext = 2
    /// Of a socket with its monitor, and what it needs for a moment while it is bound or connected.
    static let descriptorsOfSocket = 8

    /// Makes sure that an operation can have what it needs, so that it need not be undone half way.
    ///
    /// - Throws: ``EventError/transport(_:)`` with the code of what has run out, such as EMFILE.
    static func check(
        _ operation: @autoclosure () -> String,
        descriptors: Int,
        threads: Int = 0
    ) throws(EventError) {
        let code = unsafe cresources_check(Int32(clamping: descriptors), Int32(clamping: threads))
        guard code == 0 else { throw ZMQResult.failure(operation(), code) }
    }

    /// Has connections sent away that a listener could not accept for want of descriptors.
    static func guardListener(_ descriptor: Int32) throws(EventError) {
        let code = cresources_guard(descriptor)
        guard code == 0 else { throw ZMQResult.failure("keep a descriptor in reserve", code) }
    }
}
