import ArgumentParser
import Measurement
import Workloads

/// Prints how many bytes a row's work holds per operation, in a process of its own, since only there that is known.
struct HeldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "held", shouldDisplay: false)

    @Argument var name: String

    func run() throws {
        guard let workload = Workload.named(name) else { throw ValidationError("there is no row \(name)") }
        let bytes = try blocking {
            let before = AllocationCount.heapBytes
            let session = try await workload.start()
            let held = AllocationCount.heapBytes - before
            await session.end()
            return held
        }
        print(Double(max(0, bytes)) / Double(workload.operationsPerPass))
    }

    /// What a child prints, rounded to tenths of a byte.
    static func bytes(of name: String) throws -> Double {
        let held = try Child("regression-guard", ["held", name]).answer(Double.self)
        return (held * 10).rounded() / 10
    }
}
