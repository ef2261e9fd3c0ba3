import ArgumentParser
import Foundation
import Measurement

/// Prints the table.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Print what each piece of work costs, here and elsewhere (the default)."
    )

    @Option(help: "Only rows whose name contains this; several are separated by commas.") var filter: String?
    @Option(help: "How many turns each has.") var rounds = 15
    @Option(help: "How long a turn takes, in milliseconds.") var turn = 20
    @Flag(help: "Leave the peers out.") var alone = false
    @Flag(help: "Count instructions as well; needs valgrind.") var instructions = false
    @Option(help: "Write everything to this file, as JSON.") var json: String?

    func run() async throws {
        let options = self
        try await Task.detached { try await options.measure() }.value
    }

    private func measure() async throws {
        var report = Report()
        var table = Table()
        for measurement in try measurements() where isWanted(measurement.name) {
            FileHandle.standardError.write(Data("\(measurement.name) …\n".utf8))
            for row in try await measurement.measure() {
                table.add(row)
                report.rows.append(row)
            }
        }
        print(table.text)
        if let json { try report.write(to: json) }
    }

    private func measurements() throws -> [TableEntry] {
        let race = Race(rounds: rounds, turn: .milliseconds(turn))
        return try TableEntry.workloads(race, withPeers: !alone, countingInstructions: instructions)
            + [.churn(race)] + TableEntry.memory(withPeers: !alone)
            + TableEntry.wire(rounds: max(1, rounds / 3)) + TableEntry.nats(rounds: max(1, rounds / 3))
    }

    private func isWanted(_ name: String) -> Bool {
        guard let filter else { return true }
        return filter.split(separator: ",").contains { name.contains($0) }
    }
}

/// What fills one or more rows of the table.
struct TableEntry: Sendable {
    /// What it is called on the command line.
    var name: String
    /// Takes it.
    var measure: @Sendable () async throws -> [Row]
}
