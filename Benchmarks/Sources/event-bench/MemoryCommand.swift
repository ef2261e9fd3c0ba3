import ArgumentParser
import Foundation
import Measurement
import Peers
import Workloads

/// Measures in a process of its own how much of the heap something holds.
struct MemoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "memory", shouldDisplay: false)

    @Argument var workload: String
    @Argument var rival: String?

    func run() async throws {
        guard let workload = Workload.named(workload) else { throw ValidationError("there is no row \(workload)") }
        let start = Rival.of(workload).first { $0.name == rival }?.start ?? workload.start
        let result = try await Task.detached {
            let before = AllocationCount.heapBytes
            let session = try await start()
            let held = AllocationCount.heapBytes - before
            await session.end()
            try await session.run(1)
            return MemoryResult(held: held, left: AllocationCount.heapBytes - before)
        }.value
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
}

/// What a child that measures memory prints, in bytes.
struct MemoryResult: Codable, Sendable {
    var held: Int
    /// What is still held after everything was closed.
    var left: Int
}

extension TableEntry {
    /// The rows on memory, each figure from a new process.
    static func memory(withPeers: Bool) -> [TableEntry] {
        Workload.memory.map { workload in
            TableEntry(name: workload.name) {
                let perOperation = 1 / Double(workload.operationsPerPass)
                let ours = try Child("event-bench", ["memory", workload.name]).answer(MemoryResult.self)
                var held = Row(
                    name: workload.name,
                    work: workload.summary,
                    operation: workload.operation,
                    unit: .bytes,
                    figure: Timing([Double(ours.held) * perOperation]),
                    target: workload.target
                )
                for rival in withPeers ? Rival.of(workload) : [] {
                    let other = try Child("event-bench", ["memory", workload.name, rival.name])
                        .answer(MemoryResult.self)
                    held.add(rival.name, Timing([Double(other.held) * perOperation]))
                }
                let left = Row(
                    name: workload.name,
                    work: "the same, left after they were closed",
                    operation: workload.operation,
                    unit: .bytes,
                    figure: Timing([max(0, Double(ours.left) * perOperation)])
                )
                return [held, left]
            }
        }
    }
}
