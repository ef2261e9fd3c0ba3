import Foundation
import IntegrationSupport

/// One way to lose envelopes, or not to.
struct Scenario: Sendable {
    let name: String
    /// What would go unnoticed without it.
    let shows: String
    /// Whether it is in the selection for every change.
    var isShort = false
    var deadline = Duration.seconds(60)
    let run: @Sendable (Stage, inout Audit) async throws -> Void

    static let all = plain + bursts + links + restarts + subscriptions + strangers + commandLine + nats

    /// Runs the scenario on a stage of its own.
    func row() async -> Row {
        var row = Row(name: name)
        do {
            let audit = try await limited()
            (row.accounts, row.settling, row.faults) = (audit.accounts, audit.settling, audit.faults)
        } catch {
            row.faults = ["\(error)"]
        }
        return row
    }

    private func limited() async throws -> Audit {
        try await withThrowingTaskGroup(of: Audit?.self) { group in
            group.addTask {
                try await Stage.run { stage in
                    var audit = Audit()
                    try await run(stage, &audit)
                    return audit
                }
            }
            group.addTask { [deadline] in
                try await Task.sleep(for: deadline)
                return nil
            }
            defer { group.cancelAll() }
            guard let audit = try await group.next() ?? nil else { throw Late(deadline: deadline) }
            return audit
        }
    }

    private struct Late: Error, CustomStringConvertible {
        let deadline: Duration
        var description: String { "it did not end within \(deadline)" }
    }
}
