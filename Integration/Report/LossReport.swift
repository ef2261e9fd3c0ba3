import ArgumentParser
import Foundation

/// Runs buses in processes of their own, loses envelopes in many ways, and checks that each is accounted for.
@main struct LossReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LossReport",
        abstract: "Check that whatever is lost between processes is told.",
        subcommands: [ReportCommand.self, PairsCommand.self],
        defaultSubcommand: ReportCommand.self
    )

    /// Keeps a peer that is gone from ending this program.
    static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }
}
