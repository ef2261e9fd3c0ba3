import ArgumentParser
import Foundation

/// Attacks a bus in a process of its own in many ways, and checks that an honest peer does not notice.
@main struct Attacks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Attacks",
        abstract: "Attack a bus while an honest peer exchanges envelopes with it, and print a table.",
        discussion: """
            Each attack has a victim and an honest peer in processes of their own. The first rows are control runs without \
            an attack, one for each way to reach the victim. Exits with status 1 when a process ends or hangs, when \
            anything of the honest pair is lost or said to be, when a newcomer is not served afterwards, when connections \
            or memory beyond the attack's budget are left, or when a publish of the victim takes 50 ms longer than the \
            longest of the control run, or longer than the attack allows, which the table then says.

            The longest of some thousand publishes also depends on what else the machine does. So when that is all that is \
            wrong, the control run and the attack are repeated once, and the attack fails when it exceeds by 50 ms what \
            either control run needed; the row shows the second attempt.
            """
    )

    @Flag(help: "Run a selection that takes less than 90 seconds.")
    var short = false

    @Option(help: ArgumentHelp("Run the attacks whose name holds this.", valueName: "text"))
    var filter: String?

    @Flag(help: "List the attacks, and what each is for.")
    var list = false

    @Option(help: ArgumentHelp("Write the table into a Markdown file, too.", valueName: "file"))
    var markdown: String?

    private var attacks: [Attack] {
        Attack.all.filter { attack in
            (!short || attack.isShort) && (filter.map { attack.name.localizedCaseInsensitiveContains($0) } ?? true)
        }
    }

    func validate() throws {
        guard !attacks.isEmpty else { throw ValidationError("No attack has \(filter ?? "") in its name.") }
    }

    func run() async throws {
        guard !list else {
            for attack in attacks { print("\(attack.name)\n    \(attack.shows)") }
            return
        }
        // A peer that is gone must not end this program.
        _ = signal(SIGPIPE, SIG_IGN)
        let settings = Setting.allCases.filter { setting in attacks.contains { $0.setting == setting } }
        var table = Table(names: (settings.map(Attack.control) + attacks).map(\.name))
        Self.say(table.heading)
        var quiet: [Setting: Double] = [:]
        func add(_ row: Row) {
            table.rows.append(row)
            Self.say(([table.line(row)] + row.allFaults.map { "    \($0)" }).joined(separator: "\n"))
        }
        for setting in settings {
            let row = await Attack.control(setting).row(beside: nil)
            quiet[setting] = row.worstPublish
            add(row)
        }
        for attack in attacks {
            var row = await attack.row(beside: quiet[attack.setting])
            if row.stall != nil, row.faults.isEmpty {
                let again = await Attack.control(attack.setting).row(beside: nil)
                quiet[attack.setting] = max(quiet[attack.setting] ?? 0, again.worstPublish)
                row = await attack.row(beside: quiet[attack.setting])
            }
            add(row)
        }
        if let markdown { try Data(table.article.utf8).write(to: URL(filePath: markdown)) }
        let failed = table.rows.filter { !$0.isSound }
        guard failed.isEmpty else {
            print("\n\(failed.count) of \(table.rows.count) rows failed: \(failed.map(\.name).formatted())")
            throw ExitCode.failure
        }
        let known = table.rows.count { !$0.isHeld }
        let exceptions = known == 0 ? "" : ", but for \(known) of which that is known"
        print("\nAll \(table.rows.count - settings.count) attacks were held\(exceptions).")
    }

    /// Prints at once, wherever that goes.
    private static func say(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    }
}
