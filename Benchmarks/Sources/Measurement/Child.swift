import Foundation

/// Another process of this run.
public final class Child: Sendable {
    /// Why a child gave no answer.
    public struct Failure: Error, CustomStringConvertible {
        /// How it ended.
        public let description: String

        /// Creates a failure from words for people.
        public init(description: String) {
            self.description = description
        }
    }

    private let process = Process()
    private let output = Pipe()
    private let name: String

    /// Starts one of the programs that lie beside this one.
    public init(_ program: String, _ arguments: [String]) throws {
        name = ([program] + arguments).joined(separator: " ")
        let folder = Bundle.main.executableURL?.deletingLastPathComponent()
        process.executableURL = folder?.appendingPathComponent(program)
        process.arguments = arguments
        process.standardOutput = output
        try process.run()
    }

    /// Waits until it ends, and decodes what it printed.
    public func answer<Answer: Decodable>(_ type: Answer.Type) throws -> Answer {
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        try wait()
        return try JSONDecoder().decode(type, from: printed)
    }

    /// Waits until it ends.
    public func wait() throws {
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(name): status \(process.terminationStatus)")
        }
    }

    /// Ends it, if it still runs.
    public func end() {
        guard process.isRunning else { return }
        // Children of this process inherit that SIGTERM is blocked, so only this is sure to end them.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
