import ArgumentParser

/// The program `eventbus`: an event bus from the shell.
@main
struct EventBusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eventbus",
        abstract: "An event bus from the shell.",
        discussion: """
            Events are envelopes: a subject such as `graph.run.r1.start`, headers and a JSON payload. A pattern selects \
            subjects: `*` stands for one segment, a final `>` for one or more, so `graph.run.*.start` selects the start \
            of every run and `graph.>` whatever happens to graphs.
            """,
        subcommands: [RouteCommand.self]
    )
}
