public import ArgumentParser
import Workloads

/// Does a fixed amount of work and nothing else, for valgrind and perf to look at; see ``Callgrind``.
public struct RepeatCommand: ParsableCommand {
    /// How it is called.
    public static let configuration = CommandConfiguration(
        commandName: "repeat",
        abstract: "Do so many passes of a row's work, for a profiler to look at."
    )

    @Argument(help: "The row.") var name: String
    @Argument(help: "How many passes.") var passes: Int

    /// Creates the command.
    public init() {}

    /// Does the work.
    public func run() throws {
        guard let workload = Workload.named(name) else { throw ValidationError("there is no row \(name)") }
        let passes = passes
        // Top-level code runs on the main actor, which user code should not be measured on.
        try blocking {
            let session = try await workload.start()
            try await session.run(passes)
            await session.end()
        }
    }
}
