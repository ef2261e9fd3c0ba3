public import ArgumentParser
public import EventCore

/// The options of a command that lets through what has some headers: which ones, and how to print it.
struct DeliveryOptions: ParsableArguments {
    @Option(
        name: .customLong("header"),
        help: ArgumentHelp(
            "Receive only envelopes whose header KEY is VALUE; repeatable, and then all must hold.",
            valueName: "key=value"
        ),
        transform: { try HeaderArgument(argument: $0) }
    )
    var headers: [HeaderArgument] = []

    @OptionGroup var printing: PrintingOptions

    var output: DeliveryFormat { printing.output }

    /// Whether an envelope has every header asked for.
    func accepts(_ envelope: Envelope) -> Bool {
        headers.allSatisfy { $0.isThere(in: envelope) }
    }
}

/// How every command that receives envelopes prints them.
struct PrintingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            How a delivery is printed: as a line with time, subject, headers and payload (text), or as a JSON object \
            that holds the whole envelope (json), as 'eventbus pub' reads it. Either way it is one line, and whatever \
            would break it or steer a terminal is escaped.
            """,
            valueName: "format"
        )
    )
    var output = DeliveryFormat.text
}

extension BackpressurePolicy: ExpressibleByArgument {}

extension SubscriptionOptions {
    /// The value of `--buffer`.
    static func bufferCapacity(argument: String) throws -> Int {
        guard let capacity = Int(argument), (1...maximumBufferCapacity).contains(capacity) else {
            throw ValidationError("it must be from 1 to \(maximumBufferCapacity)")
        }
        return capacity
    }

    /// The value of `--group`.
    static func group(argument: String) throws -> String {
        do throws(EventError) {
            _ = try SubscriptionOptions(group: argument).validatedGroup()
        } catch {
            throw ValidationError("\(error)")
        }
        return argument
    }
}
