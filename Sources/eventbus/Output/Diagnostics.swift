import ArgumentParser
import EventCore
import Foundation
import Synchronization

/// Standard error, and what the program ends with after what went wrong.
final class Diagnostics: Sendable {
    private let output: OutputWriter
    private let greatest = Mutex(ExitStatus.success)

    /// - Parameter descriptor: Where to write; it stays open.
    init(descriptor: Int32 = STDERR_FILENO) {
        output = OutputWriter(descriptor: descriptor)
    }

    /// The status for the problems that were reported: of several, the greatest.
    var status: ExitStatus { greatest.withLock { $0 } }

    /// Prints one line about something that went wrong.
    func report(_ problem: String, _ status: ExitStatus) async {
        greatest.withLock { $0 = max($0, status) }
        await output.write(line: problem.printable)
    }

    /// Prints one line about an error.
    func report(_ error: any Error, at place: String? = nil) async {
        await report((place.map { "\($0): " } ?? "") + "\(error)", ExitStatus(of: error) ?? .incomplete)
    }

    /// Ends the command with the status, where there were problems.
    func check() throws(ExitCode) {
        if status != .success { throw status.code }
    }

    /// Prints text that is no problem.
    func note(_ text: String) async {
        await output.write(line: text)
    }
}
