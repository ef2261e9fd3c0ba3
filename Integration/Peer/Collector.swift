import EventCore
import Foundation
import IntegrationSupport
import Synchronization

/// Takes what a subscription receives, and keeps books of it.
final class Collector: Sendable {
    private struct Progress: Sendable {
        var books = ReaderBooks()
        var seen: [String: NumberSet] = [:]
    }

    private let subscription: Subscription
    private let own: String
    private let progress = Mutex(Progress())
    private let end = Watched(false)

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - subscription: What to read.
    ///   - own: The source of what this process publishes itself.
    ///   - microseconds: What to spend on each envelope.
    init(_ subscription: Subscription, own: String, microseconds: Int) {
        self.subscription = subscription
        self.own = own
        Task {
            for await envelope in subscription {
                note(envelope)
                // A slow reader, on purpose.
                if microseconds > 0 { usleep(UInt32(microseconds)) }
            }
            end.update { $0 = true }
        }
    }

    var books: ReaderBooks {
        let (taken, seen) = progress.withLock { ($0.books, $0.seen) }
        let counts = subscription.counts
        var books = taken
        (books.handed, books.buffered, books.dropped) = (counts.handed, counts.buffered, counts.dropped)
        books.spanned = seen.values.reduce(0) { $0 + $1.span }
        return books
    }

    /// Closes the subscription, and waits until all that it holds is read.
    func close() async {
        subscription.close()
        _ = await end.wait { $0 }
    }

    private func note(_ envelope: Envelope) {
        let source = envelope.source ?? ""
        let number = envelope.payload.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
        progress.withLock { progress in
            progress.books.taken += 1
            if source != own { progress.books.foreign += 1 }
            // A request has no number.
            guard let number else { return }
            if !progress.seen[source, default: NumberSet()].insert(number) { progress.books.repeated += 1 }
        }
    }
}
