import Foundation

/// Ends a wait for input from elsewhere: from a signal, or when the output fails.
///
/// A pipe, since `poll` waits for a descriptor and nothing else.
final class StopSwitch: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe", errno) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Trips the switch, for good.
    func trip() {
        var byte: UInt8 = 1
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// Waits until the switch is tripped or there is something to read.
    ///
    /// - Returns: Whether the switch is tripped.
    func isTripped(orReadable descriptor: Int32) -> Bool {
        var waits = [readEnd, descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let forever: Int32 = -1
        while unsafe poll(&waits, nfds_t(waits.count), forever) < 0, errno == EINTR {}
        return waits[0].revents != 0
    }
}
