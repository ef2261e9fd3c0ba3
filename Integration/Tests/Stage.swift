import EventCore
import Foundation
import Synchronization

/// Where the processes of one test run; none of them outlives it.
final class Stage: Sendable {
    private let directory: URL
    private let processes = Mutex<[ChildProcess]>([])

    private init() throws {
        // Not the directory for temporary files, whose name may be too long for an ipc address.
        directory = URL(filePath: "/tmp/event-\(Envelope(subject: "stage").id)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    }

    /// Runs a test, and ends all its processes, however it comes out.
    static func run(_ body: (Stage) async throws -> Void) async throws {
        let stage = try Stage()
        let result: Result<Void, any Error>
        do {
            try await body(stage)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for process in stage.processes.withLock({ $0 }) { await process.kill() }
        try FileManager.default.removeItem(at: stage.directory)
        try result.get()
    }

    /// An address that nothing else uses; the same for the same name.
    func address(_ name: String = "bus") -> String {
        "ipc://" + directory.appending(path: name).path(percentEncoded: false)
    }

    /// A file of this test alone.
    func file(_ name: String, holding text: String) throws -> URL {
        let url = directory.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url
    }

    /// Starts a process.
    func start(_ name: String, _ executable: URL, _ arguments: [String]) throws -> ChildProcess {
        let process = try ChildProcess(name, executable: executable, arguments: arguments)
        processes.withLock { $0.append(process) }
        return process
    }

    /// Starts a bus in a process of its own.
    func peer(_ name: String, _ arguments: [String]) async throws -> Peer {
        try await Peer(start(name, Self.peerProgram, ["--name", name] + arguments))
    }

    func publisher(_ name: String = "publisher", at address: String, _ arguments: String...) async throws -> Peer {
        try await peer(name, ["--publish", "bind:\(address)"] + arguments)
    }

    func subscriber(_ name: String = "subscriber", at address: String, _ arguments: String...) async throws -> Peer {
        try await peer(name, ["--subscribe", "connect:\(address)"] + arguments)
    }

    /// The program beside the tests that plays one process.
    private static var peerProgram: URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let tests = bundle?.bundleURL ?? URL(filePath: CommandLine.arguments[0])
        return tests.deletingLastPathComponent().appending(path: "IntegrationPeer")
    }
}
