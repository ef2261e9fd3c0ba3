import Foundation
import Testing

/// Debian's Python with its own binding to ZeroMQ, an independent peer.
struct Python {
    struct Missing: Error, CustomStringConvertible {
        let reason: String
        var description: String { "These tests need python3-zmq, which `make test` installs: \(reason)" }
    }

    private static let interpreter = URL(filePath: "/usr/bin/python3")
    private let stage: Stage

    /// - Throws: ``Missing`` when there is no Python, or it has no ZeroMQ.
    init(on stage: Stage) async throws {
        self.stage = stage
        guard FileManager.default.isExecutableFile(atPath: Self.interpreter.path) else {
            throw Missing(reason: "there is no \(Self.interpreter.path)")
        }
        let check = try stage.start("python", Self.interpreter, ["-c", "import zmq; print(zmq.zmq_version())"])
        do { _ = try await check.nextLine() } catch { throw Missing(reason: String(describing: error)) }
    }

    /// Runs a program of the folder `Python`.
    func run(_ name: String, _ arguments: String...) throws -> ChildProcess {
        let folder = try #require(Bundle.module.url(forResource: "Python", withExtension: nil))
        return try stage.start(name, Self.interpreter, [folder.appending(path: name).path] + arguments)
    }

    /// Runs a program whose text is given; its output is not kept back.
    func run(text: String, name: String, _ arguments: String...) throws -> ChildProcess {
        let file = try stage.file(name, holding: text)
        return try stage.start(name, Self.interpreter, ["-u", file.path] + arguments)
    }
}
