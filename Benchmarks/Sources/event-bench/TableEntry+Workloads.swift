import Measurement
import Peers
import Workloads

extension TableEntry {
    /// The rows that one process can measure, each beside its peers.
    static func workloads(_ race: Race, withPeers: Bool, countingInstructions: Bool) throws -> [TableEntry] {
        let callgrind = countingInstructions ? try Callgrind() : nil
        return Workload.all.map { workload in
            TableEntry(name: workload.name) {
                let rivals = withPeers ? Rival.of(workload) : []
                var row = try await measure(workload, rivals, race)
                if let callgrind, workload.isSequential {
                    let passes = workload.passesForCounting
                    row.instructions =
                        try callgrind.instructionsPerPass(of: workload.name, passes: passes)
                        / Double(workload.operationsPerPass)
                }
                return [row]
            }
        }
    }

    private static func measure(_ workload: Workload, _ rivals: [Rival], _ race: Race) async throws -> Row {
        let operations = workload.operationsPerPass
        var sessions = [try await workload.start()]
        for rival in rivals { sessions.append(try await rival.start()) }
        let timings = try await race.run(sessions)
        var row = Row(
            name: workload.name,
            work: workload.summary,
            operation: workload.operation,
            unit: .nanoseconds,
            figure: timings[0].divided(by: operations),
            target: workload.target
        )
        for (rival, timing) in zip(rivals, timings.dropFirst()) {
            row.add(rival.name, timing.divided(by: operations))
        }
        row.allocations = try await AllocationCount.perPass(of: sessions[0], passes: workload.passesForCounting)
            .map { $0 / Double(operations) }
        for session in sessions { await session.end() }
        return row
    }
}
