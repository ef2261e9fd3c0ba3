import ArgumentParser
import Foundation
import Measurement
import Workloads

/// Compares what operations cost with what they may.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Fail when an operation costs more than its limit (the default)."
    )

    @Argument(help: "The file with the limits.") var path: String
    @Flag(help: "Write the figures of this run to the file instead of comparing them.") var update = false

    func run() throws {
        let file = URL(fileURLWithPath: path)
        var limits = try JSONDecoder().decode(Limits.self, from: Data(contentsOf: file))
        guard AllocationCount.isAvailable else { throw ValidationError("allocations cannot be counted here") }
        let callgrind = try Callgrind()
        var faults: [String] = []
        for (name, limit) in limits.rows.sorted(by: { $0.key < $1.key }) {
            let cost = try cost(of: name, callgrind)
            print("\(name): \(cost), limit \(limit) and \(limits.percent) %")
            if !limit.permits(cost, slack: limits.slack) { faults.append(name) }
            limits.rows[name] = cost
        }
        for (name, limit) in limits.bytes.sorted(by: { $0.key < $1.key }) {
            let held = try HeldCommand.bytes(of: name)
            print("\(name): \(held) bytes, limit \(limit) and \(limits.percent) %")
            if held > limit * (1 + limits.slack) { faults.append(name) }
            limits.bytes[name] = held
        }
        faults += try GrowthCheck(callgrind).faults()
        if update {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(limits).write(to: file)
        } else if !faults.isEmpty {
            let reason = "dearer than their limit: \(faults.joined(separator: ", "))"
            print("\(reason). If that is wanted: make bench-limits, and say why in Benchmarks/LOG.md")
            throw ExitCode.failure
        }
    }

    private func cost(of name: String, _ callgrind: Callgrind) throws -> Cost {
        guard let workload = Workload.named(name) else { throw ValidationError("there is no row \(name)") }
        let passes = workload.passesForCounting
        let operations = Double(workload.operationsPerPass)
        let allocations = try blocking {
            let session = try await workload.start()
            try await session.run(passes)
            let allocations = try await AllocationCount.perPass(of: session, passes: passes)
            await session.end()
            return allocations ?? 0
        }
        let instructions = try callgrind.instructionsPerPass(of: name, passes: passes)
        return Cost(instructions: instructions / operations, allocations: allocations / operations)
    }
}
