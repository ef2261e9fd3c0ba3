import ArgumentParser
import EventCore
import Foundation

extension EventBusCommand {
    /// Runs the command that the arguments name.
    static func main() async {
        StandardStreams.reserve()
        // Whoever stops listening makes writing fail, which each command handles, and ends nothing.
        _ = signal(SIGPIPE, SIG_IGN)
        TerminationSignals.catchAll()
        do {
            var command = try parseAsRoot(NegativeArguments.shielded(CommandArguments.checked()))
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            Foundation.exit(await tell(error).rawValue)
        }
    }

    /// Repeats what was given without the line breaks that it had.
    private static func onOneLine(_ message: String) -> String {
        CommandLine.arguments.dropFirst().filter { $0.contains(where: \.isNewline) && !$0.allSatisfy(\.isWhitespace) }
            .reduce(message) { message, argument in
                let value = argument.firstIndex(of: "=").map { argument[argument.index(after: $0)...] } ?? argument[...]
                return message.replacing(argument, with: argument.printable).replacing(
                    value,
                    with: String(value).printable
                )
            }
    }

    /// Prints what there is to say about an end, which may be help that was asked for.
    ///
    /// - Returns: The status to end with.
    private static func tell(_ error: any Error) async -> ExitCode {
        let status = ExitStatus(of: error)?.code ?? exitCode(for: error)
        let text = onOneLine(NegativeArguments.restored(fullMessage(for: error)))
        guard !status.isSuccess else {
            do {
                try await OutputWriter.print(text)
                return status
            } catch {
                return await tell(error)
            }
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
        let errors = OutputWriter(descriptor: STDERR_FILENO)
        if !text.isEmpty { await errors.write(line: lines.joined(separator: "\n")) }
        return status
    }
}
