import ArgumentParser

/// Measures the bus against its peers.
@main
struct EventBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event-bench",
        abstract: "Measures the bus against other ways to do the same work.",
        subcommands: [
            TableCommand.self, ScaleCommand.self, GrowthCommand.self, WireGrowthCommand.self, MemoryCommand.self,
            WirePublishCommand.self, WireSubscribeCommand.self, WirePingCommand.self, WirePongCommand.self,
            WirePrefixesCommand.self, NATSPublishCommand.self, NATSSubscribeCommand.self, NATSPingCommand.self,
            NATSPongCommand.self,
        ],
        defaultSubcommand: TableCommand.self
    )
}
