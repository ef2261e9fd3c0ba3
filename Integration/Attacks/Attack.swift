import Foundation
import IntegrationSupport
import ProcessSupport

/// One way to harm a bus.
struct Attack: Sendable {
    /// By how many megabytes the victim's memory may grow.
    struct Budget: Sendable {
        /// For what costs it nothing but connections.
        static let small = Budget(during: 24, after: 24)

        var during: Double
        var after: Double
    }

    let name: String
    /// What would go unnoticed without it.
    let shows: String
    /// Whether it is in the selection for every change.
    var isShort = false
    let setting: Setting
    var budget = Budget.small
    /// How many milliseconds longer than in the control run a publish may take.
    ///
    /// More only where libzmq does, on the thread of whoever publishes next, what a peer has made it do: the documentation
    /// says so, and the table says how much is allowed.
    var stall = Attack.usualStall

    /// Why it is known that the attack is not held.
    var weakness: String?

    private static let usualStall = 50.0
    let run: @Sendable (HonestPair, inout Findings) async throws -> Void

    static let all = descriptors + subscriptions + paths + garbage + forgeries + handshakes + keys + memory + nats

    static func control(_ setting: Setting) -> Attack {
        Attack(name: "control, \(setting)", shows: "What the honest pair needs in peace.", setting: setting) { _, _ in
            try await lookOn()
        }
    }

    private static let deadline = Duration.seconds(60)
    /// A subscription may wait for a publisher that never confirms: the timeout of the bus, and some time for the machine.
    private static let longestSubscribe = 2500.0
    /// When what an attacker leaves behind has shown.
    private static let aftermath = Duration.milliseconds(300)
    /// A connection without a handshake is given up after 5 seconds.
    private static let handshake = Duration.seconds(7)

    /// Runs the attack on a stage of its own.
    ///
    /// - Parameter quiet: The longest publish of the control run, in milliseconds.
    /// - Returns: What came of it.
    func row(beside quiet: Double?) async -> Row {
        do {
            return try await withThrowingTaskGroup(of: Row?.self) { group in
                group.addTask { try await Stage.run { try await row(on: $0, beside: quiet) } }
                group.addTask {
                    try await Task.sleep(for: Self.deadline)
                    return nil
                }
                defer { group.cancelAll() }
                guard let row = try await group.next() ?? nil else {
                    throw HonestPair.Fault(description: "it did not end within \(Self.deadline)")
                }
                return row
            }
        } catch {
            var row = Row(name: name)
            row.faults = ["\(error)"]
            return row
        }
    }

    private func row(on stage: Stage, beside quiet: Double?) async throws -> Row {
        var row = Row(name: name)
        row.weakness = weakness
        let pair = try await HonestPair(setting, on: stage)
        let meter = VictimMeter(of: pair.victim)
        defer { meter.end() }
        let (memory, descriptors) = (meter.memory, meter.descriptors)
        var findings = Findings()
        do {
            try await run(pair, &findings)
        } catch {
            // A process that is gone is noticed at the next order to it.
            guard !pair.victim.process.isRunning else { throw error }
            let status = await pair.victim.process.end().status
            throw HonestPair.Fault(description: "the victim has ended with status \(status): \(error)")
        }
        try await lookOn(for: Self.aftermath)
        do { try await pair.receive(20) } catch { findings.expect(false, "\(error)") }
        let left = try await connectionsLeft(over: descriptors, meter)
        findings.expect(left <= 0, "\(left) descriptors are left over")
        row.memory = (memory, meter.worstMemory, meter.memory)
        do { try await pair.serveNewcomer() } catch { findings.expect(false, "\(error)") }
        (row.note, row.faults) = (findings.note, findings.faults)
        do {
            let reports = try await pair.end()
            judge(reports.victim, reports.honest, beside: quiet, in: &row)
        } catch {
            // What is wrong was found before, as a rule.
            row.faults.append("the exchange cannot be ended: \(error)")
        }
        return row
    }

    /// How many descriptors the victim has more than before, once it has had the time to give them back.
    private func connectionsLeft(over before: Int, _ meter: VictimMeter) async throws -> Int {
        _ = try await holds(within: Self.handshake) { meter.descriptors <= before }
        return meter.descriptors - before
    }

    private func judge(
        _ victim: ExchangeReport,
        _ honest: ExchangeReport,
        beside quiet: Double?,
        in row: inout Row
    ) {
        row.lost = victim.published - honest.taken + honest.published - victim.taken
        row.worstPublish = victim.worstPublishMilliseconds
        row.worstSubscribe = victim.worstSubscribeMilliseconds
        if row.lost != 0 { row.faults.append("\(row.lost) envelopes of the honest pair are lost") }
        for (name, report) in [("victim", victim), ("honest peer", honest)] {
            if let fault = report.fault { row.faults.append("the \(name): \(fault)") }
            if report.lost + report.unknownLosses > 0 {
                row.faults.append("the \(name) says it lost \(report.lost), \(report.unknownLosses) times it knows not")
            }
        }
        if row.worstSubscribe > Self.longestSubscribe {
            row.faults.append("a subscribe of the victim took \(Int(row.worstSubscribe)) ms")
        }
        if let quiet, row.worstPublish > quiet + stall {
            row.stall = "a publish of the victim took \(Int(row.worstPublish)) ms, \(Int(quiet)) ms in peace"
        }
        if stall > Self.usualStall {
            let allowed = "a publish may take \(Int(stall)) ms"
            row.note = row.note.map { "\($0), \(allowed)" } ?? allowed
        }
        let growth = (row.memory.during - row.memory.before, row.memory.after - row.memory.before)
        if growth.0 > budget.during {
            row.faults.append("its memory grew by \(Int(growth.0)) MB, which may be \(Int(budget.during)) MB")
        }
        if growth.1 > budget.after {
            row.faults.append("\(Int(growth.1)) MB are left afterwards, which may be \(Int(budget.after)) MB")
        }
    }
}
