import EventCore
package import Foundation

/// Where the processes of one test or scenario run; none of them outlives it.
package final class Stage: Sendable {
    private let directory: URL
    private let processes = Lock<[ChildProcess]>([])

    private init() throws {
        // Not the directory for temporary files, whose name may be too long for an ipc address.
        directory = URL(filePath: "/tmp/event-\(Envelope(subject: "stage").id)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    /// Runs a test or a scenario, and ends all its processes, however it comes out.
    package static func run<Outcome>(_ body: (Stage) async throws -> Outcome) async throws -> Outcome {
        let stage = try Stage()
        let result: Result<Outcome, any Error>
        do {
            result = .success(try await body(stage))
        } catch {
            result = .failure(error)
        }
        for process in stage.processes.withLock({ $0 }) { await process.kill() }
        try FileManager.default.removeItem(at: stage.directory)
        return try result.get()
    }

    /// An address that nothing else uses; the same for the same name.
    package func address(_ name: String = "bus") -> String {
        "ipc://" + directory.appending(path: name).path(percentEncoded: false)
    }

    /// Where a file of this stage alone may be.
    package func path(_ name: String) -> URL {
        directory.appending(path: name)
    }

    /// A file of this stage alone.
    package func file(_ name: String, holding text: String) throws -> URL {
        let url = path(name)
        try Data(text.utf8).write(to: url)
        return url
    }

    /// Starts a process.
    package func start(_ name: String, _ executable: URL, _ arguments: [String]) throws -> ChildProcess {
        let process = try ChildProcess(name, executable: executable, arguments: arguments)
        processes.withLock { $0.append(process) }
        return process
    }

    /// Starts a bus in a process of its own.
    package func peer(_ name: String, _ arguments: [String]) async throws -> Peer {
        try await Peer(start(name, Self.program("IntegrationPeer"), ["--name", name] + arguments))
    }

    package func publisher(_ name: String = "publisher", at address: String, _ arguments: String...) async throws
        -> Peer
    {
        try await peer(name, ["--publish", "bind:\(address)"] + arguments)
    }

    package func subscriber(_ name: String = "subscriber", at address: String, _ arguments: String...) async throws
        -> Peer
    {
        try await peer(name, ["--subscribe", "connect:\(address)"] + arguments)
    }

    /// A program of this package, which lies beside the tests, or whatever program this is.
    package static func program(_ name: String) -> URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let own = bundle?.bundleURL ?? Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        return own.deletingLastPathComponent().appending(path: name)
    }
}
