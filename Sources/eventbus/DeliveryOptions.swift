public import ArgumentParser
public import EventCore

/// The options of every command that subscribes: what to let through, what to do when it comes too fast, how to print it.
struct DeliveryOptions: ParsableArguments {
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp(
            "Receive only envelopes whose header KEY is VALUE; repeatable, and then all must hold.",
            valueName: "key=value"
        ),
        transform: { try HeaderCondition(argument: $0) }
    )
    var headers: [HeaderCondition] = []

    @Option(help: ArgumentHelp("How many envelopes a subscription may hold unprinted.", valueName: "n"))
    var buffer = 1024

    @Option(
        help: ArgumentHelp(
            """
            What happens to an envelope when a subscription is full: it waits, so that none is lost (block), it is \
            dropped (drop_newest), or the oldest one waiting is (drop_oldest).
            """,
            valueName: "policy"
        )
    )
    var backpressure = BackpressurePolicy.block

    @Option(
        help: ArgumentHelp(
            """
            How a delivery is printed: as a line with pattern, time, subject, headers and payload (text), or as an \
            object of the pattern and the whole envelope (json).
            """,
            valueName: "format"
        )
    )
    var output = DeliveryFormat.text

    func validate() throws {
        guard (1...SubscriptionOptions.maximumBufferCapacity).contains(buffer) else {
            throw ValidationError("--buffer must be from 1 to \(SubscriptionOptions.maximumBufferCapacity).")
        }
    }

    /// Whether an envelope has every header asked for.
    func accepts(_ envelope: Envelope) -> Bool {
        headers.allSatisfy { envelope.headers[$0.key] == $0.value }
    }
}

extension BackpressurePolicy: ExpressibleByArgument {}
