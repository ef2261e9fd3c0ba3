import EventCore

/// What a call that has to fail must throw.
enum ExpectedError: String {
    case busClosed, invalidConfiguration, cancellation

    func isKind(of error: any Error) -> Bool {
        switch (self, error) {
        case (.busClosed, EventError.busClosed), (.invalidConfiguration, EventError.invalidConfiguration): true
        case (.cancellation, is CancellationError): true
        default: false
        }
    }
}

extension ConformanceProbe {
    func failure(expected: String, seen: String) -> ConformanceFailure {
        ConformanceFailure(id: rule.id, section: rule.section, sentence: rule.sentence, expected: expected, seen: seen)
    }

    // MARK: Values

    func expect(_ condition: Bool, _ expected: String, seen: @autoclosure () -> String) throws(ConformanceFailure) {
        guard condition else { throw failure(expected: expected, seen: seen()) }
    }

    /// Expects what was seen to be equal to what a sound bus shows.
    func expect<Value: Equatable>(_ name: String, _ seen: Value, is expected: Value) throws(ConformanceFailure) {
        try expect(seen == expected, "\(name): \(expected)", seen: "\(seen)")
    }

    // MARK: Calls

    /// Expects work to throw.
    func expect(_ name: String, throws kind: ExpectedError, _ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let failure as ConformanceFailure {
            throw failure
        } catch {
            return try expect(kind.isKind(of: error), "\(name) to throw \(kind)", seen: "it threw \(error)")
        }
        throw failure(expected: "\(name) to throw \(kind)", seen: "it returned")
    }

    /// Expects work that runs beside the case to end in time, and returns its value or throws its error.
    @discardableResult
    func expectEnd<Value: Sendable>(of attempt: Attempt<Value>, _ name: String) async throws -> Value {
        guard let result = try await attempt.result(within: waitFor) else {
            throw failure(expected: "\(name) to return", seen: "it did not within \(waitFor)")
        }
        return try result.get()
    }

    /// Expects entries to come to fulfil a condition in time.
    func expect<Entry>(
        _ name: String,
        in journal: Journal<Entry>,
        _ condition: @escaping Journal<Entry>.Condition
    ) async throws {
        guard try await journal.entries(within: waitFor, fulfilling: condition) == nil else { return }
        throw failure(expected: "\(name) within \(waitFor)", seen: "\(journal.entries)")
    }

    // MARK: Subscriptions

    /// The next envelope, or nil when the subscription has ended or none comes in time.
    private func next(from subscription: Subscription) async -> Envelope? {
        // In ten turns, for the reason that ``Journal`` has.
        for _ in 1...10 {
            if let envelope = await subscription.next(within: waitFor / 10) { return envelope }
        }
        return nil
    }

    /// The labels of the next envelopes; fewer when no more come in time.
    func receive(_ count: Int, from subscription: Subscription) async -> [String] {
        var labels: [String] = []
        while labels.count < count, let envelope = await next(from: subscription) {
            labels.append(envelope.label)
        }
        return labels
    }

    /// Expects one more envelope and returns it.
    func receiveOne(from subscription: Subscription) async throws -> Envelope {
        guard let envelope = await next(from: subscription) else {
            throw failure(expected: "an envelope within \(waitFor)", seen: "none")
        }
        return envelope
    }

    /// Everything that has arrived at a subscription, in order.
    func receiveAll(from subscription: Subscription, on topic: String = defaultTopic) async throws -> [String] {
        try await receiveAll(from: [subscription], on: topic).flatMap(\.self)
    }

    /// Everything that has arrived at each subscription, in order.
    ///
    /// An envelope published last marks the end, so that nothing need be waited for to know that nothing more comes.
    func receiveAll(from subscriptions: [Subscription], on topic: String = defaultTopic) async throws -> [[String]] {
        let mark = "the end"
        try await publish(mark, on: topic)
        var received: [[String]] = []
        for subscription in subscriptions {
            var labels: [String] = []
            while true {
                guard let envelope = await next(from: subscription) else {
                    throw failure(expected: "an envelope published last to arrive", seen: "\(labels), but not that one")
                }
                if envelope.label == mark { break }
                labels.append(envelope.label)
            }
            received.append(labels)
        }
        return received
    }

    /// Expects the subscription to end, and returns what was still buffered.
    func drain(_ subscription: Subscription) async throws -> [String] {
        let reader = attempt {
            var labels: [String] = []
            for await envelope in subscription { labels.append(envelope.label) }
            return labels
        }
        return try await expectEnd(of: reader, "a loop over the ended subscription")
    }

    /// Expects the subscription to have ended, with nothing left in it.
    func expectEnded(_ subscription: Subscription) async throws {
        try expect("what an ended subscription yields", try await drain(subscription), is: [])
    }

    // MARK: Callbacks

    /// The labels that `onPublish` announced.
    var announced: [String] {
        observer.recorder.envelopes.filter(isOfThisRun).map(\.label)
    }

    /// All callbacks about the envelopes of this run, in words.
    var callbacks: [String] {
        observer.recorder.events.filter { isOfThisRun($0.envelope) }.map(\.summary)
    }

    /// The callbacks about one subscription, in words.
    func callbacks(about subscription: SubscriptionID) -> [String] {
        observer.recorder.events.filter { $0.subscription == subscription }.map(\.summary)
    }

    /// Leaves out what settling a link may publish.
    private func isOfThisRun(_ envelope: Envelope) -> Bool {
        envelope.headers[Envelope.labelKey] != nil
    }
}

extension RecordingObserver.Event {
    /// The callback and the label of its envelope: "delivered a", "dropped b (buffer_full)".
    var summary: String {
        switch self {
        case .published(let envelope): "published \(envelope.label)"
        case .delivered(let envelope, _): "delivered \(envelope.label)"
        case .dropped(let envelope, _, let reason): "dropped \(envelope.label) (\(reason.rawValue))"
        }
    }
}
