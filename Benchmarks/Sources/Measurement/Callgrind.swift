import Foundation

/// Counts instructions with valgrind, which does not depend on how busy the machine is.
///
/// The program that is counted is `regression-guard`, which lies beside this one: `regression-guard repeat NAME COUNT`.
public struct Callgrind: Sendable {
    /// Why there is no count.
    public struct Failure: Error, CustomStringConvertible {
        /// What valgrind said.
        public let description: String
    }

    private let program: URL
    private let valgrind: URL
    private let strip: URL

    /// Finds valgrind, and strip, which takes away the debugging information that valgrind 3.19 cannot read.
    ///
    /// - Throws: ``Failure`` where one of them is not installed.
    public init() throws {
        let folder = Bundle.main.executableURL?.deletingLastPathComponent()
        guard let program = folder?.appendingPathComponent("regression-guard"),
            FileManager.default.isExecutableFile(atPath: program.path)
        else { throw Failure(description: "regression-guard has not been built") }
        self.program = program
        valgrind = try Self.find("valgrind")
        strip = try Self.find("strip")
    }

    private static func find(_ name: String) throws -> URL {
        let places = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let found = places.map { URL(fileURLWithPath: "\($0)/\(name)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { throw Failure(description: "\(name) is not installed") }
        return found
    }

    /// How many instructions a pass of a workload takes, all threads of the process taken together.
    ///
    /// The difference of two runs, of which one is twice as long, so that only what is done per pass counts.
    ///
    /// - Parameters:
    ///   - workload: The name of the workload.
    ///   - passes: How many passes the shorter run does.
    /// - Returns: Instructions per pass.
    /// - Throws: ``Failure``.
    public func instructionsPerPass(of workload: String, passes: Int) throws -> Double {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("counted-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: copy) }
        _ = try output(of: strip, ["--strip-debug", "-o", copy.path, program.path])
        let short = try instructions(copy, workload, passes)
        let long = try instructions(copy, workload, 2 * passes)
        return (long - short) / Double(passes)
    }

    private func instructions(_ program: URL, _ workload: String, _ passes: Int) throws -> Double {
        let text = try output(
            of: valgrind,
            ["--tool=callgrind", "--callgrind-out-file=/dev/null", program.path, "repeat", workload, String(passes)]
        )
        let line = text.split(separator: "\n").first { $0.contains("Collected :") }
        guard let count = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw Failure(description: "valgrind gave no count:\n\(text)")
        }
        return count
    }

    /// What a program writes to its standard error.
    private func output(of program: URL, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        // Tables would fall out differently in each run.
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_DETERMINISTIC_HASHING": "1"]) { $1 }
        let output = Pipe()
        process.standardError = output
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(program.path) ended with status \(process.terminationStatus):\n\(text)")
        }
        return text
    }
}
