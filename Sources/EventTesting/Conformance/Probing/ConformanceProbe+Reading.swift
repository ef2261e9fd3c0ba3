import EventCore

/// What arrived at a subscription.
struct Received: Sendable {
    /// The labels, in order.
    var labels: [String] = []
    /// How many envelopes there were, marks included.
    var count = 0
}

extension ConformanceProbe {
    /// In how many turns something is waited for that may be lost, and then has to be published again.
    private static let turns = 50

    // MARK: One after the other

    /// The next envelope, or nil when the subscription has ended or none comes in time.
    private func next(from subscription: Subscription, within limit: Duration) async -> Envelope? {
        // In ten turns, for the reason that ``Journal`` has.
        for _ in 1...10 {
            guard let envelope = await subscription.next(within: limit / 10) else { continue }
            tell("\(name(of: subscription.id)) yields \(envelope.label)")
            return envelope
        }
        return nil
    }

    /// The labels of the next envelopes; fewer when no more come in time.
    func receive(_ count: Int, from subscription: Subscription) async -> [String] {
        await receiveEnvelopes(count, from: subscription).map(\.label)
    }

    /// The next envelopes; fewer when no more come in time.
    func receiveEnvelopes(_ count: Int, from subscription: Subscription) async -> [Envelope] {
        var envelopes: [Envelope] = []
        while envelopes.count < count, let envelope = await next(from: subscription, within: waitFor) {
            envelopes.append(envelope)
        }
        return envelopes
    }

    /// Publishes an envelope, and expects it, and no other, to arrive.
    ///
    /// Where envelopes may be lost it is published again until one has arrived.
    func receive(_ envelope: Envelope, from subscription: Subscription) async throws -> Envelope {
        let turns = toleratesLosses ? Self.turns : 1
        for _ in 1...turns {
            try await publish(envelope)
            if let received = await next(from: subscription, within: waitFor / turns) { return received }
        }
        throw failure(expected: "an envelope within \(waitFor)", seen: "none")
    }

    // MARK: All

    /// Expects labels, and nothing else, to have arrived at each subscription, in order.
    ///
    /// Where envelopes may be lost, what is missing has to be counted by the bus.
    ///
    /// - Parameters:
    ///   - labels: What was published, and matches.
    ///   - subscriptions: Where it has to arrive.
    ///   - topic: Something that all of them match, to publish a mark on.
    /// - Throws: ``ConformanceFailure``, and what publishing throws.
    func expectAll(
        _ labels: [String],
        at subscriptions: Subscription...,
        on topic: String = defaultTopic
    ) async throws {
        for subscription in subscriptions {
            let received = try await receiveAll(from: subscription, on: topic).labels
            let name = "what arrives at \(name(of: subscription.id))"
            guard toleratesLosses else {
                try expect(name, received, is: labels)
                continue
            }
            try expect(received.isSubsequence(of: labels), "\(name): some of \(labels), in order", seen: "\(received)")
            try await expectReport(ofLost: labels.count - received.count)
        }
    }

    /// Everything that has arrived at a subscription.
    ///
    /// A mark that is published last tells the end, so that nothing need be waited for to know that nothing more comes.
    /// One that may have been lost is followed by another.
    func receiveAll(from subscription: Subscription, on topic: String = defaultTopic) async throws -> Received {
        let turns = toleratesLosses ? Self.turns : 1
        var received = Received()
        for turn in 1...turns {
            let mark = Envelope.mark(turn)
            try await publish(mark, on: topic)
            while let envelope = await next(from: subscription, within: waitFor / turns) {
                received.count += 1
                if envelope.label == mark { return received }
                if !envelope.isMark { received.labels.append(envelope.label) }
            }
        }
        throw failure(expected: "an envelope published last to arrive", seen: "\(received.labels), but not that one")
    }

    /// Expects the bus to count at least so many losses in time.
    private func expectReport(ofLost count: Int) async throws {
        let isReported = await comesTrue { self.reportedLosses.counted >= count || self.reportedLosses.unknown > 0 }
        let seen = "it has counted \(reportedLosses.counted)"
        try expect(isReported, "the link to count \(count) lost envelopes within \(waitFor)", seen: seen)
    }

    /// Whether something that nothing tells of becomes true in time.
    func comesTrue(_ condition: () -> Bool) async -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            try? await AlarmClock.shared.sleep(for: waitFor / 500)
        }
        return condition()
    }

    // MARK: The end

    /// Expects the subscription to end, and returns what was still buffered.
    func drain(_ subscription: Subscription) async throws -> [String] { try await drain([subscription])[0] }

    /// Expects subscriptions to end, and returns what was still buffered in each.
    func drain(_ subscriptions: [Subscription]) async throws -> [[String]] {
        // One task for all: on a busy machine each has to wait for its turn.
        let reader = attempt {
            var all: [[String]] = []
            for subscription in subscriptions {
                var labels: [String] = []
                for await envelope in subscription { labels.append(envelope.label) }
                all.append(labels)
            }
            return all
        }
        let all = try await expectEnd(of: reader, "a loop over the ended subscription")
        for (subscription, labels) in zip(subscriptions, all) {
            tell("\(name(of: subscription.id)) had buffered \(labels)")
        }
        return all
    }

    /// Expects the subscription to have ended, with nothing left in it.
    func expectEnded(_ subscription: Subscription) async throws {
        try expect("what an ended subscription yields", try await drain(subscription), is: [])
    }
}

extension Envelope {
    private static let markPrefix = "mark "

    /// The label of what is published to tell the end.
    fileprivate static func mark(_ number: Int) -> String { markPrefix + String(number) }

    /// Whether it was published to tell the end.
    var isMark: Bool { label.hasPrefix(Self.markPrefix) }
}

extension [String] {
    /// Whether all of it stands in another list, in the same order.
    fileprivate func isSubsequence(of other: [String]) -> Bool {
        var rest = other[...]
        return allSatisfy { element in
            guard let index = rest.firstIndex(of: element) else { return false }
            rest = rest[(index + 1)...]
            return true
        }
    }
}
