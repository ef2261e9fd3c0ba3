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

            The bus is named by a URL, in --bus or in the environment variable EVENT_BUS: memory: is within one process, \
            zmq:?publish=…&subscribe=… reaches others. In one shell, and then in another:

              export EVENT_BUS='zmq:?subscribe=bind:tcp://127.0.0.1:5556'
              eventbus sub 'orders.>'

              export EVENT_BUS='zmq:?publish=connect:tcp://127.0.0.1:5556'
              eventbus pub orders.eu.created '{"id":7}' --wait-for-subscribers 1

            It ends with a status of sysexits.h, where there is one:

            \(ExitStatus.table)

            SIGINT, SIGTERM and SIGHUP end every command within the linger of its bus and 2 s, after it has written what it has, \
            or within three times that while a slow reader takes it; a second one, 0.1 s later or more, ends it at once. A reader that goes away, as in '| head -1', is no failure. \
            \(EnvelopeLimits.help)

            Your shell completes commands, options and the kinds of bus after one of these:

              source <(eventbus --generate-completion-script bash)
              source <(eventbus --generate-completion-script zsh)
              eventbus --generate-completion-script fish | source
            """,
        version: "0.1.0",
        subcommands: [
            PublishCommand.self, SubscribeCommand.self, RouteCommand.self, PeersCommand.self, KeygenCommand.self,
            KeyCommand.self,
        ]
    )
}
