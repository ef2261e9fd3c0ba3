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
        ConformanceFailure(
            id: rule.id,
            section: rule.section,
            sentence: rule.sentence,
            expected: expected,
            seen: seen,
            events: observer.story.entries
        )
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

    // MARK: Callbacks

    /// The labels that `onPublish` announced.
    var announced: [String] {
        observer.recorder.envelopes.filter(isOfThisRun).map(\.label)
    }

    /// All callbacks about the envelopes of this run.
    var events: [RecordingObserver.Event] {
        observer.recorder.events.filter { isOfThisRun($0.envelope) }
    }

    /// The same in words.
    var callbacks: [String] {
        events.map(\.summary)
    }

    /// The callbacks about one subscription, in words.
    func callbacks(about subscription: SubscriptionID) -> [String] {
        observer.recorder.events.filter { $0.subscription == subscription }.map(\.summary)
    }

    /// Leaves out what settling a link may publish, and marks.
    private func isOfThisRun(_ envelope: Envelope) -> Bool {
        envelope.headers[Envelope.labelKey] != nil && !envelope.isMark
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
