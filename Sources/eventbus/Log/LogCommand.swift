import ArgumentParser

/// `eventbus log`: a log of envelopes that NATS servers keep.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Append to a log that NATS servers keep, and read it.",
        discussion: """
            A log is a stream of JetStream. What 'append' has printed a line for is kept; 'replay' prints what is there, and \
            'consume' goes on where the consumer of this name was.

            In one shell, and then in another:

              export EVENT_BUS='nats://127.0.0.1:4222?namespace=shop'
              eventbus log append orders.eu.created '{"id":7}' --stream orders --create
              eventbus log replay 'orders.>' --stream orders --follow
            """,
        subcommands: [
            LogAppendCommand.self, LogReplayCommand.self, LogConsumeCommand.self, LogInfoCommand.self,
        ]
    )
}
