import Dispatch
import EventCore
package import Foundation

/// A program of this package, running as a process with pipes for input, output and errors.
///
/// One that outlives its deadline is killed, so whoever waits for it fails instead of hanging.
package final class Program: Sendable {
    package struct Outcome: Sendable {
        /// The exit status, or 128 and the number of the signal that ended the program.
        package let status: Int32
        package let output: String
        package let errors: String

        package var lines: [Substring] { output.split(separator: "\n") }
    }

    package struct Missing: Error, CustomStringConvertible {
        let path: String
        package var description: String { "There is no program at \(path); `swift build` makes it." }
    }

    private static let deadline = Duration.seconds(60)

    private let process: SpawnedProcess
    private let input = SpawnedProcess.pipe()
    private let output = SpawnedProcess.pipe()
    private let inputQueue = DispatchQueue(label: "program.input")
    private let unread = Lock(Data())
    private let errors = CollectedLines()

    /// Starts a program that lies beside the tests.
    ///
    /// - Parameters:
    ///   - arguments: Its arguments.
    ///   - name: Its name.
    ///   - script: What sh(1) runs instead, where `"$0"` is the program and `"$@"` are the arguments.
    ///   - file: Where its output goes instead of to the caller.
    ///   - bus: What `EVENT_BUS` is; unset otherwise, whatever it is here.
    /// - Throws: ``Missing`` when it is not built.
    package init(
        _ arguments: [String],
        of name: String = "eventbus",
        by script: String? = nil,
        outputTo file: FileHandle? = nil,
        bus: String? = nil
    ) throws {
        let program = try Self.path(of: name)
        let errorPipe = SpawnedProcess.pipe()
        var environment = ProcessInfo.processInfo.environment
        environment["EVENT_BUS"] = bus
        // The other end of the input stays open here, so that writing to a program that has ended is no SIGPIPE.
        process = try SpawnedProcess(
            script == nil ? program : URL(filePath: "/bin/sh"),
            arguments: (script.map { ["-c", $0, program.path] } ?? []) + arguments,
            environment: environment,
            input: input.fileHandleForReading,
            output: file ?? output.fileHandleForWriting,
            errors: errorPipe.fileHandleForWriting
        )
        try output.fileHandleForWriting.close()
        try errorPipe.fileHandleForWriting.close()

        let watchdog = Task { [process] in
            try await Task.sleep(for: Self.deadline)
            process.send(SIGKILL)
        }
        Task { [process] in
            _ = await process.status
            watchdog.cancel()
        }
        Thread.detachNewThread { [errors] in
            while let chunk = Self.read(from: errorPipe.fileHandleForReading) { errors.append(chunk) }
            errors.finish()
        }
    }

    /// Runs a program to its end.
    package static func run(
        _ arguments: [String] = [],
        of name: String = "eventbus",
        by script: String? = nil,
        input: some Sequence<UInt8> = "".utf8,
        outputTo file: FileHandle? = nil,
        bus: String? = nil
    ) async throws -> Outcome {
        let program = try Program(arguments, of: name, by: script, outputTo: file, bus: bus)
        program.send(input)
        program.closeInput()
        return await program.outcome()
    }

    private static func path(of name: String) throws -> URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
        let tests = bundle.bundlePath.hasSuffix(".xctest") ? bundle.bundleURL : URL(filePath: CommandLine.arguments[0])
        let url = tests.deletingLastPathComponent().appending(path: name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else { throw Missing(path: url.path) }
        return url
    }

    /// Waits for bytes, or the end; `availableData` would crash when a signal interrupts it.
    fileprivate static func read(from handle: FileHandle) -> Data? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe Foundation.read(handle.fileDescriptor, &buffer, buffer.count)
            if count > 0 { return Data(buffer.prefix(count)) }
            guard count < 0, errno == EINTR else { return nil }
        }
    }

    fileprivate static func readToEnd(from handle: FileHandle) -> Data {
        var data = Data()
        while let chunk = read(from: handle) { data += chunk }
        return data
    }

    fileprivate static func offPool<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}

extension Program {
    /// Writes to the program's input, when everything sent before is written.
    package func send(_ input: some Sequence<UInt8>) {
        let data = Data(input)
        inputQueue.async { try? self.input.fileHandleForWriting.write(contentsOf: data) }
    }

    /// Ends the program's input, when everything sent before is written.
    package func closeInput() {
        inputQueue.async { try? self.input.fileHandleForWriting.close() }
    }

    /// How many bytes of output nobody has read yet; a pipe on Linux holds 65 536.
    package var unreadCount: Int {
        var count: Int32 = 0
        guard unsafe ioctl(output.fileHandleForReading.fileDescriptor, UInt(FIONREAD), &count) == 0 else { return 0 }
        return Int(count)
    }

    /// Stops listening to the program's output.
    package func closeOutput() {
        try? output.fileHandleForReading.close()
    }

    package func send(signal: Int32) {
        process.send(signal)
    }

    /// Waits for the end and leaves the output unread.
    package func status() async -> Int32 {
        let status = await process.status
        return status < 0 ? 128 - status : status
    }

    /// Sends a signal until it has ended the program.
    package func end(by signal: Int32) async {
        while process.isRunning {
            send(signal: signal)
            await Task.yield()
        }
    }

    /// The next line of output, or `nil` when the output has ended.
    package func readLine() async -> String? {
        while true {
            let line = unread.withLock { unread -> Data? in
                guard let end = unread.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { unread = Data(unread[(end + 1)...]) }
                return unread[..<end]
            }
            if let line { return String(decoding: line, as: UTF8.self) }
            guard let chunk = await Self.offPool({ Self.read(from: self.output.fileHandleForReading) }) else {
                return nil
            }
            unread.withLock { $0 += chunk }
        }
    }

    /// The first line of errors with a beginning, once it is there, or `nil` when the errors end without one.
    package func errorLine(beginning prefix: String) async -> String? {
        await errors.line(beginning: prefix)
    }

    /// Reads what is left of the output and waits for the end.
    package func outcome() async -> Outcome {
        let rest = await Self.offPool { Self.readToEnd(from: self.output.fileHandleForReading) }
        let output = unread.withLock { $0 + rest }
        let status = await status()

        // What the program left of its input would block the queue that writes it.
        closeInput()
        _ = await Self.offPool { Self.readToEnd(from: self.input.fileHandleForReading) }
        return Outcome(
            status: status,
            output: String(decoding: output, as: UTF8.self),
            errors: String(decoding: await errors.all(), as: UTF8.self)
        )
    }

    #if os(Linux)
    /// Whether the running program has a file open.
    package func hasOpened(_ path: String) throws -> Bool {
        try openFiles.contains(path)
    }

    /// Waits until the program has a socket, or has ended.
    package func waitForSocket() async throws {
        try await eventually(within: Self.deadline, "the program has opened no socket") {
            !process.isRunning || (try? openFiles)?.contains { $0.hasPrefix("socket:") } == true
        }
    }

    private var openFiles: [String] {
        get throws {
            let folder = "/proc/\(process.identifier)/fd"
            return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { name in
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
            }
        }
    }

    /// The most memory the running program has held, in bytes.
    package var peakMemory: Int {
        get throws {
            let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
            return (line.split(separator: " ").compactMap { Int($0) }.first ?? .max / 1024) * 1024
        }
    }
    #endif
}
