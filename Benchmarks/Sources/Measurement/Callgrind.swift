public import Foundation

/// Counts instructions with valgrind, which does not depend on how busy the machine is.
///
/// The program that is counted is this one: it is started again with `repeat NAME COUNT`.
public struct Callgrind: Sendable {
    /// Why there is no count.
    public struct Failure: Error, CustomStringConvertible {
        /// What valgrind said.
        public let description: String
    }

    private let program: URL
    private let valgrind: URL

    /// Finds valgrind; `nil` where it is not installed.
    public init?(program: URL? = Bundle.main.executableURL) {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let valgrind = places.map { URL(fileURLWithPath: "\($0)/valgrind") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let program, let valgrind else { return nil }
        self.program = program
        self.valgrind = valgrind
    }

    /// How many instructions a pass of a workload takes, all threads of the process taken together.
    ///
    /// The difference of two runs, of which one is twice as long, so that only what is done per pass counts.
    ///
    /// - Parameters:
    ///   - workload: The name of the workload.
    ///   - passes: How many passes the shorter run does.
    /// - Throws: ``Failure``.
    public func instructionsPerPass(of workload: String, passes: Int) throws -> Double {
        let short = try instructions(of: workload, passes)
        let long = try instructions(of: workload, 2 * passes)
        return (long - short) / Double(passes)
    }

    private func instructions(of workload: String, _ passes: Int) throws -> Double {
        let process = Process()
        process.executableURL = valgrind
        process.arguments = [
            "--tool=callgrind", "--callgrind-out-file=/dev/null", program.path, "repeat", workload, String(passes),
        ]
        // Tables would fall out differently in each run.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let count = text.split(separator: "\n").first { $0.contains("Collected :") }?.split(separator: " ").last
        guard process.terminationStatus == 0, let count = count.flatMap({ Double($0) }) else {
            throw Failure(description: "valgrind ended with status \(process.terminationStatus):\n\(text)")
        }
        return count
    }
}
