import Dispatch
import Foundation
import Synchronization

/// Writes to a descriptor, one batch of bytes after the other; after a failure it swallows what it is given.
final class OutputWriter: Sendable {
    private let descriptor: Int32
    private let onFailure: @Sendable () -> Void
    private let failureCode = Mutex<Int32?>(nil)
    /// Writes here may block for as long as they like; on the cooperative pool they would take a thread from the bus.
    private let queue = DispatchQueue(label: "eventbus.output")

    /// - Parameters:
    ///   - descriptor: Where to write; it stays open.
    ///   - onFailure: Called once, when a write fails.
    init(descriptor: Int32, onFailure: @escaping @Sendable () -> Void = {}) {
        self.descriptor = descriptor
        self.onFailure = onFailure
    }

    /// Prints one line on standard output.
    ///
    /// - Throws: Why it could not be written; a reader that has gone is no failure.
    static func print(_ line: String) async throws(SystemError) {
        let output = OutputWriter(descriptor: STDOUT_FILENO)
        await output.write(line: line)
        try output.check()
    }

    /// Why writing failed, as `errno` has it.
    var failure: Int32? { failureCode.withLock { $0 } }

    /// Fails when something could not be written; a reader that has gone is no failure.
    ///
    /// - Throws: Why, for standard output.
    func check() throws(SystemError) {
        if let failure, failure != EPIPE { throw SystemError("standard output", failure) }
    }

    /// Writes text and ends the line.
    func write(line text: String) async {
        await write(Array("\(text)\n".utf8))
    }

    /// Writes a batch, whole and not mixed with another; returns when that is done, or has failed.
    ///
    /// - Returns: Whether all of it was written.
    @discardableResult
    func write(_ batch: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.writeNow(batch)) }
        }
    }

    private func writeNow(_ batch: [UInt8]) -> Bool {
        guard failure == nil else { return false }
        guard let code = writeAll(batch) else { return true }
        failureCode.withLock { $0 = code }
        onFailure()
        return false
    }

    /// - Returns: The error that kept some bytes from being written.
    private func writeAll(_ bytes: [UInt8]) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                written += count
                TerminationSignals.noteProgress()
            } else if errno == EAGAIN {
                waitUntilWritable()
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Another program that shares the terminal or pipe may have made it non-blocking.
    private func waitUntilWritable() {
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        let forever: Int32 = -1
        _ = unsafe poll(&wait, 1, forever)
    }
}
