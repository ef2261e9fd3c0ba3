import ArgumentParser
import Foundation

/// Runs scenarios one after the other, and prints one row for each.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Run the scenarios and print a table.",
        discussion: """
            Each scenario runs buses in processes of their own. The last column is what the bookkeeping leaves \
            unexplained, pair by pair, and has to be 0. Exits with status 1 when it is not, when the processes know \
            otherwise than the buses say, or when a scenario shows nothing or does not end.
            """
    )

    @Flag(help: "Run a selection that takes less than two minutes.")
    var short = false

    @Option(help: ArgumentHelp("Run the scenarios whose name holds this.", valueName: "text"))
    var filter: String?

    @Flag(help: "List the scenarios, and what each is for.")
    var list = false

    @Option(help: ArgumentHelp("Write the table into a Markdown file, too.", valueName: "file"))
    var markdown: String?

    private var scenarios: [Scenario] {
        Scenario.all.filter { scenario in
            (!short || scenario.isShort) && (filter.map { scenario.name.localizedCaseInsensitiveContains($0) } ?? true)
        }
    }

    func validate() throws {
        guard !scenarios.isEmpty else { throw ValidationError("No scenario has \(filter ?? "") in its name.") }
    }

    func run() async throws {
        guard !list else {
            for scenario in scenarios { print("\(scenario.name)\n    \(scenario.shows)") }
            return
        }
        LossReport.ignoreBrokenPipes()
        var table = Table(names: scenarios.map(\.name))
        Self.say(table.heading)
        for scenario in scenarios {
            let row = await scenario.row()
            table.rows.append(row)
            Self.say(([table.line(row)] + row.faults.map { "    \($0)" }).joined(separator: "\n"))
        }
        if let markdown { try Data(table.article.utf8).write(to: URL(filePath: markdown)) }
        let failed = table.rows.filter { !$0.isSound }
        guard failed.isEmpty else {
            print("\n\(failed.count) of \(table.rows.count) scenarios failed: \(failed.map(\.name).formatted())")
            throw ExitCode.failure
        }
        print("\nAll \(table.rows.count) scenarios are accounted for.")
    }

    /// Prints at once, wherever that goes.
    private static func say(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    }
}
