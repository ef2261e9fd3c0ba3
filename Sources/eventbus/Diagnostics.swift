import EventCore
import Foundation
import Synchronization

/// Standard error, and whether anything went wrong.
final class Diagnostics: Sendable {
    private let output: OutputWriter
    private let problems = Atomic(false)

    /// - Parameter descriptor: Where to write; it stays open.
    init(descriptor: Int32 = STDERR_FILENO) {
        output = OutputWriter(descriptor: descriptor)
    }

    /// Whether a problem was reported.
    var hasProblems: Bool { problems.load(ordering: .relaxed) }

    /// Prints one line about something that went wrong.
    func report(_ problem: String) async {
        problems.store(true, ordering: .relaxed)
        await output.write(Array("\(problem.printable)\n".utf8))
    }

    /// Prints text that is no problem.
    func note(_ text: String) async {
        await output.write(Array("\(text)\n".utf8))
    }
}
