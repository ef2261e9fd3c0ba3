import ArgumentParser
import Measurement

/// Sees to it that hot paths do not become dearer unnoticed.
@main
struct RegressionGuard: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "regression-guard",
        abstract: "Counts instructions, allocations and bytes per operation and compares them with committed limits.",
        discussion: "No time is measured, so the result does not depend on how busy the machine is.",
        subcommands: [CheckCommand.self, HeldCommand.self, RepeatCommand.self],
        defaultSubcommand: CheckCommand.self
    )
}
