import EventCore
import Foundation
import IntegrationSupport
import Synchronization

/// What the loss report has a process do.
extension PeerSession {
    /// How many may subscribe at the same time.
    private static let concurrentSubscribes = 64

    // MARK: Subscribing

    mutating func collect(_ patterns: [String], _ collecting: Collecting) async throws -> PeerReport {
        var options = SubscriptionOptions(
            bufferCapacity: collecting.capacity,
            backpressure: collecting.backpressure
        )
        let microseconds = UInt32(collecting.predicateMicroseconds)
        options.slowDown(by: microseconds)
        let before = bus.statistics.unconfirmedSubscriptions
        let begin = ContinuousClock.now
        let subscriptions = try await subscribe(to: patterns, options)
        let time = ContinuousClock.now - begin
        for (pattern, subscription) in subscriptions {
            collectors[pattern] = Collector(subscription, own: name, microseconds: collecting.readerMicroseconds)
        }
        return .subscribed(
            milliseconds: Int(time / .milliseconds(1)),
            unconfirmed: bus.statistics.unconfirmedSubscriptions - before
        )
    }

    private func subscribe(
        to patterns: [String],
        _ options: SubscriptionOptions
    ) async throws -> [(String, Subscription)] {
        try await withThrowingTaskGroup(of: (String, Subscription).self) { [bus] group in
            var subscriptions: [(String, Subscription)] = []
            for (index, pattern) in patterns.enumerated() {
                if index >= Self.concurrentSubscribes, let made = try await group.next() { subscriptions.append(made) }
                group.addTask {
                    (pattern, try await bus.subscribe(to: Pattern(validating: pattern), options: options))
                }
            }
            for try await made in group { subscriptions.append(made) }
            return subscriptions
        }
    }

    func release(_ pattern: String) async throws {
        guard let collector = collectors[pattern] else { throw Impossible(reason: "nobody collects \(pattern)") }
        await collector.close()
    }

    /// Each opening has books of its own, so that what they span is what was sent while one was open.
    mutating func churn(_ patterns: [String], open: Duration, cycles: Int) async throws {
        let options = SubscriptionOptions(bufferCapacity: Collecting.ample.capacity)
        churned = try await withThrowingTaskGroup(of: ReaderBooks.self) { [bus, name] group in
            for (place, pattern) in patterns.enumerated() {
                group.addTask {
                    var books = ReaderBooks()
                    for _ in 0..<cycles {
                        let subscription = try await bus.subscribe(to: Pattern(validating: pattern), options: options)
                        let collector = Collector(subscription, own: name, microseconds: 0)
                        // Each at its own pace, so that they come and go in every order.
                        try await Task.sleep(for: open + .milliseconds(3 * place))
                        await collector.close()
                        books = books + collector.books
                    }
                    return books
                }
            }
            return try await group.reduce(churned) { $0 + $1 }
        }
    }

    // MARK: Publishing

    func publish(_ burst: Burst) async throws {
        let subjects = try (0..<burst.subjects).map { index in
            try Subject(validating: burst.subjects == 1 ? burst.prefix : "\(burst.prefix).\(index)")
        }
        let begin = ContinuousClock.now
        for index in 0..<burst.count {
            let number = own.published.withLock { $0 } + 1
            let payload = Data(String(number).utf8)
            let subject = subjects[index % subjects.count]
            try await bus.publish(Envelope(subject: subject, rawPayload: payload, source: name))
            own.published.withLock { $0 = number }
            guard let pace = burst.perMillisecond, (index + 1).isMultiple(of: pace) else { continue }
            try await Task.sleep(until: begin + .milliseconds((index + 1) / pace))
        }
    }

    // MARK: Requests

    mutating func respond(to subject: String) async throws {
        let options = SubscriptionOptions(bufferCapacity: Collecting.ample.capacity)
        let requests = try await bus.subscribe(to: Pattern(validating: subject), options: options)
        responders.append(
            Task { [bus, own] in
                await bus.respond(to: requests) { _ in
                    own.answered.withLock {
                        $0 += 1
                        return $0
                    }
                }
            }
        )
    }

    func ask(_ subject: String, _ count: Int, beside burst: Burst) async throws {
        let subject = try Subject(validating: subject)
        async let stream: Void = publish(burst)
        for _ in 0..<count {
            let request = Envelope(subject: subject, source: name)
            own.asked.withLock { $0 += 1 }
            if (try? await bus.request(request, within: .seconds(5))) != nil { own.replies.withLock { $0 += 1 } }
        }
        try await stream
    }

    // MARK: Telling

    func books(_ patterns: [String]?) -> Books {
        var books = Books(bus.statistics)
        books.published = own.published.withLock { $0 } + own.asked.withLock { $0 } + own.answered.withLock { $0 }
        books.exchanged = own.answered.withLock { $0 } + own.replies.withLock { $0 }
        let chosen = collectors.filter { patterns?.contains($0.key) ?? true }
        books.readers = chosen.values.reduce(churned) { $0 + $1.books }
        return books
    }
}

/// What the users of a bus have done themselves.
final class OwnCounts: Sendable {
    /// The number of the last envelope that was published.
    let published = Mutex(0)
    let asked = Mutex(0)
    let answered = Mutex(0)
    let replies = Mutex(0)
}
