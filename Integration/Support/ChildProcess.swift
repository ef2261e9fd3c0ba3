import EventCore
package import Foundation
import ProcessSupport

/// A program that runs as a process of its own, talking in lines.
///
/// Whoever waits for a line does so with a deadline, at which the process is killed: one that hangs or has ended fails
/// its user, with what it wrote to its standard error.
package final class ChildProcess: Sendable {
    /// Why a process did not say what it should.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let name: String
    private let process: SpawnedProcess
    private let input = SpawnedProcess.pipe()
    private let lines: AsyncStream<String>
    private let errors: Task<String, Never>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - name: What to call it in failures.
    ///   - executable: The program.
    ///   - arguments: Its arguments.
    /// - Throws: What the system says when it cannot be started.
    package init(_ name: String, executable: URL, arguments: [String]) throws {
        self.name = name
        let output = SpawnedProcess.pipe()
        let errorOutput = SpawnedProcess.pipe()
        // The other end of the input stays open here, so that writing to a process that has ended is no SIGPIPE.
        process = try SpawnedProcess(
            executable,
            arguments: arguments,
            input: input.fileHandleForReading,
            output: output.fileHandleForWriting,
            errors: errorOutput.fileHandleForWriting
        )
        try output.fileHandleForWriting.close()
        try errorOutput.fileHandleForWriting.close()
        lines = Self.lines(of: output.fileHandleForReading)
        errors = Task { [stream = Self.lines(of: errorOutput.fileHandleForReading)] in
            await stream.reduce(into: "") { $0 += $1 + "\n" }
        }
    }

    /// Writes a line to the process's input, which must have room for it.
    package func send(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Ends the process's input.
    package func closeInput() {
        try? input.fileHandleForWriting.close()
    }

    package var isRunning: Bool { process.isRunning }

    /// Its number in the system.
    package var identifier: Int32 { process.identifier }

    /// The next line of output.
    ///
    /// - Parameter limit: How long to wait; the process is killed when it needs longer.
    /// - Returns: The line, without its end.
    /// - Throws: ``Failure`` when there is none in time or the process ended.
    package func nextLine(within limit: Duration = .seconds(60)) async throws -> String {
        let isLate = Lock(false)
        let watchdog = Task {
            try await Task.sleep(for: limit)
            isLate.withLock { $0 = true }
            self.signal(SIGKILL)
        }
        defer { watchdog.cancel() }
        var iterator = lines.makeAsyncIterator()
        if let line = await iterator.next() { return line }
        signal(SIGKILL)
        let reason = isLate.withLock { $0 } ? "said nothing for \(limit)" : "ended with status \(await process.status)"
        throw Failure(description: "\(name) \(reason); its errors:\n\(await errors.value)")
    }

    /// Reads what is left of the output, and waits until the process has ended; nothing can be sent to it any more.
    ///
    /// - Returns: How many lines there were, and how it ended: its status, or minus the number of a signal.
    package func end() async -> (lines: Int, status: Int32) {
        let count = await lines.reduce(0) { count, _ in count + 1 }
        let status = await process.status
        // Stages keep processes that have ended, maybe thousands.
        for end in [input.fileHandleForReading, input.fileHandleForWriting] { try? end.close() }
        return (count, status)
    }

    /// Ends the process, and returns what it has written: the rest of its output, and its errors.
    package func rest() async -> String {
        closeInput()
        let output = await lines.reduce(into: "") { $0 += $1 + "\n" }
        return output + (await errors.value)
    }

    /// What the process has written to its standard error, once that has ended.
    package var errorOutput: String {
        get async { await errors.value }
    }

    package func signal(_ number: Int32) {
        process.send(number)
    }

    /// Kills the process, whatever state it is in, and waits until it is gone.
    package func kill() async {
        signal(SIGKILL)
        _ = await process.status
    }

    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            var unread: [UInt8] = []
            while let chunk = read(from: handle.fileDescriptor) {
                unread += chunk
                let parts = unread.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                for line in parts.dropLast() { continuation.yield(String(decoding: line, as: UTF8.self)) }
                unread = Array(parts.last ?? [])
            }
            if !unread.isEmpty { continuation.yield(String(decoding: unread, as: UTF8.self)) }
            continuation.finish()
            try? handle.close()
        }
        return lines
    }

    /// Waits for bytes, or the end; a `FileHandle` would crash when a signal interrupts it.
    private static func read(from descriptor: Int32) -> ArraySlice<UInt8>? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Foundation.read(descriptor, &buffer, buffer.count)
            if count > 0 { return buffer.prefix(count) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }
}
