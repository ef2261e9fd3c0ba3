import EventCore
import Foundation
import IntegrationSupport

/// Takes what a subscription receives, and checks the numbers in the payloads.
final class Reader: Sendable {
    private struct Progress: Sendable {
        var tally = Tally()
        var lastBySource: [String: Int] = [:]

        mutating func note(_ number: Int, from source: String) {
            tally.received += 1
            if let last = lastBySource[source] {
                if number <= last { tally.misordered += 1 }
                tally.missing += max(0, number - last - 1)
            }
            lastBySource[source] = number
        }
    }

    struct NoNumber: Error {
        let envelope: Envelope
    }

    private let progress = Watched(Progress())
    private let task: Task<Void, any Error>

    init(_ subscription: Subscription) {
        task = Task { [progress] in
            for await envelope in subscription {
                let text = String(decoding: envelope.payload ?? Data(), as: UTF8.self)
                guard let number = Int(text) else { throw NoNumber(envelope: envelope) }
                progress.update { $0.note(number, from: envelope.source ?? "") }
            }
        }
    }

    /// Waits until a number at least as great has come from so many publishers.
    func wait(for number: Int, publishers: Int) async -> Tally {
        await progress.wait { $0.lastBySource.values.count { $0 >= number } >= publishers }.tally
    }
}
