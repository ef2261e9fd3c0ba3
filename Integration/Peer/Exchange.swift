import EventCore
import EventZMQ
import Foundation
import IntegrationSupport
import Synchronization

/// Publishes numbered envelopes, takes those of another process, and subscribes now and then, and measures how long that
/// takes.
final class Exchange: Sendable {
    private struct Progress: Sendable {
        var report = ExchangeReport()
        var seen = NumberSet()
        var isStopped = false
    }

    private static let pace = Duration.milliseconds(1)
    private static let paceOfSubscribing = Duration.milliseconds(40)
    /// How many patterns are subscribed to in turn.
    private static let patterns = 8

    private let bus: any LinkedBus
    private let subject: String
    private let progress = Mutex(Progress())

    /// Begins.
    ///
    /// - Parameters:
    ///   - bus: The bus.
    ///   - name: The source of what it publishes, on the subject `honest.NAME`.
    ///   - other: The source of what it takes.
    /// - Throws: When it cannot subscribe.
    init(over bus: any LinkedBus, as name: String, with other: String) async throws {
        self.bus = bus
        subject = "honest.\(other)"
        let options = SubscriptionOptions(bufferCapacity: 1 << 17)
        let subscription = try await bus.subscribe(to: Pattern(validating: subject), options: options)
        Task { await take(subscription, from: other) }
        Task { await ending { try await publish(as: name) } }
        Task { await ending { try await subscribe(beside: name) } }
    }

    var report: ExchangeReport {
        var report = progress.withLock { $0.report }
        let statistics = bus.statistics
        // What others publish and may not counts as lost, too, where that is told by prefix.
        report.lost = bus is ZMQBus ? statistics.lostByPrefix[subject] ?? 0 : statistics.lost
        report.unknownLosses = statistics.unknownLosses
        report.malformed = statistics.malformed
        return report
    }

    /// Publishes and subscribes no more; what comes is still taken.
    func stop() {
        progress.withLock { $0.isStopped = true }
    }

    private var isStopped: Bool { progress.withLock { $0.isStopped } }

    private func ending(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            progress.withLock { $0.report.fault = "\(error)" }
        }
    }

    private func take(_ subscription: Subscription, from other: String) async {
        for await envelope in subscription where envelope.source == other {
            guard let number = Int(String(decoding: envelope.payload ?? Data(), as: UTF8.self)) else { continue }
            progress.withLock { if $0.seen.insert(number) { $0.report.taken += 1 } }
        }
    }

    private func publish(as name: String) async throws {
        let subject = try Subject(validating: "honest.\(name)")
        // What nobody has subscribed to yet is not sent.
        guard try await bus.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(20)) else {
            throw PeerSession.Impossible(reason: "nobody has subscribed to \(subject)")
        }
        var number = 0
        while !isStopped {
            number += 1
            let envelope = Envelope(subject: subject, rawPayload: Data(String(number).utf8), source: name)
            let time = try await measured { try await bus.publish(envelope) }
            progress.withLock { [number] in
                $0.report.published = number
                $0.report.worstPublishMilliseconds = max($0.report.worstPublishMilliseconds, time)
            }
            try await Task.sleep(for: Self.pace)
        }
    }

    private func subscribe(beside name: String) async throws {
        var count = 0
        while !isStopped {
            let pattern = try Pattern(validating: "passing.\(name).\(count % Self.patterns)")
            count += 1
            let time = try await measured { try await bus.subscribe(to: pattern, options: .init()).close() }
            progress.withLock { [count] in
                $0.report.subscribed = count
                $0.report.worstSubscribeMilliseconds = max($0.report.worstSubscribeMilliseconds, time)
            }
            try await Task.sleep(for: Self.paceOfSubscribing)
        }
    }

    private func measured(_ body: () async throws -> Void) async throws -> Double {
        let begin = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - begin) / .milliseconds(1)
    }
}
