import Foundation

/// Debian's Python with its own binding to ZeroMQ, an independent peer.
package struct Python {
    package struct Missing: Error, CustomStringConvertible {
        let reason: String
        package var description: String { "python3-zmq is needed, which `make test` installs: \(reason)" }
    }

    private static let interpreter = URL(filePath: "/usr/bin/python3")
    private let stage: Stage

    /// - Throws: ``Missing`` when there is no Python, or it has no ZeroMQ.
    package init(on stage: Stage) async throws {
        self.stage = stage
        guard FileManager.default.isExecutableFile(atPath: Self.interpreter.path) else {
            throw Missing(reason: "there is no \(Self.interpreter.path)")
        }
        let check = try stage.start("python", Self.interpreter, ["-c", "import zmq; print(zmq.zmq_version())"])
        do { _ = try await check.nextLine() } catch { throw Missing(reason: String(describing: error)) }
    }

    /// Runs the publisher of the folder `Python`.
    package func publisher(_ arguments: String...) throws -> ChildProcess {
        try stage.start("publisher.py", Self.interpreter, [path(of: "publisher.py")] + arguments)
    }

    /// Runs the subscriber of the folder `Python`.
    package func subscriber(_ arguments: String...) throws -> ChildProcess {
        try untilInputEnds("subscriber.py", path(of: "subscriber.py"), arguments)
    }

    /// Runs a program whose text is given.
    package func program(_ name: String, text: String, _ arguments: String...) throws -> ChildProcess {
        try untilInputEnds(name, stage.file(name, holding: text).path, arguments)
    }

    private func untilInputEnds(_ name: String, _ program: String, _ arguments: [String]) throws -> ChildProcess {
        // Unbuffered, for a program has no reason to flush what it prints.
        try stage.start(name, Self.interpreter, ["-u", path(of: "until_input_ends.py"), program] + arguments)
    }

    private func path(of name: String) throws -> String {
        guard let folder = Bundle.module.url(forResource: "Python", withExtension: nil) else {
            throw Missing(reason: "the folder with \(name) is missing")
        }
        return folder.appending(path: name).path
    }
}
