import ArgumentParser
import EventCore

/// What the program ends with, in the numbers of sysexits.h where they have one; the help of `eventbus` lists them.
enum ExitStatus: Int32, Comparable {
    case success = 0
    /// What was waited for did not come in time, or not all was done because of a signal.
    case incomplete = 1
    /// Envelopes were lost, and `--fail-on-loss` asks.
    case loss = 3
    case usage = 64
    /// What came in is no envelope, no JSON or no text.
    case data = 65
    case noInput = 66
    /// The bus cannot be opened, or has failed.
    case unavailable = 69
    case inputOutput = 74

    /// The status for what a command throws, or `nil` when the error says so itself.
    init?(of error: any Error) {
        switch error {
        case let error as SystemError: self = error.status
        case EventError.transport, EventError.busClosed: self = .unavailable
        case EventError.invalidConfiguration: self = .usage
        case EventError.payloadEncoding, EventError.malformedEnvelope: self = .data
        default: return nil
        }
    }

    var code: ExitCode { ExitCode(rawValue) }

    static func < (left: ExitStatus, right: ExitStatus) -> Bool { left.rawValue < right.rawValue }

    /// The table for `--help`.
    static let table = """
          0   all is done, or a signal came and nothing was left to do
          1   what was waited for did not come in time, a signal came before
              everything was published
          3   envelopes were lost, and --fail-on-loss was given
         64   the arguments or the URL of the bus make no sense, or a key
              cannot be made or read
         65   a line or payload is malformed; other lines are done
         66   the input cannot be opened
         69   the bus cannot be opened: its address is in use, for example
         74   reading or writing failed: the disk is full, for example
        """
}
