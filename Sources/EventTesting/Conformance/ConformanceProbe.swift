import EventCore

/// What a case works with: the buses, an observer, subjects that are its own, and words for acting on them.
///
/// Envelopes are told apart by a label, which travels as a header. Subjects are named by their last segments; what comes
/// before is unique to the run.
final class ConformanceProbe: Sendable {
    static let defaultTopic = "topic"

    let observer: ConformanceObserver
    let rule: ConformanceCase
    private let fixture: BusFixture
    private let root = "conformance.\(Envelope(subject: "conformance").id)"
    private let attempts = Lock<[Task<Void, Never>]>([])
    private let step = Lock("start of the case")

    init(rule: ConformanceCase, fixture: BusFixture, observer: ConformanceObserver) {
        self.rule = rule
        self.fixture = fixture
        self.observer = observer
    }

    var publisher: any Bus { fixture.publisher }
    var subscriber: any Bus { fixture.subscriber }
    var waitFor: Duration { fixture.waitFor }
    var stayQuiet: Duration { fixture.stayQuiet }
    var busDroppedCount: Int? { fixture.droppedCount?() }

    /// The last call made on a bus; the one that hangs when a case does not end.
    var lastStep: String { step.withLock(\.self) }

    // MARK: Values

    func subject(_ topic: String = defaultTopic) throws(EventError) -> Subject {
        try Subject(validating: "\(root).\(topic)")
    }

    func pattern(_ topic: String = defaultTopic) throws(EventError) -> Pattern {
        try Pattern(validating: "\(root).\(topic)")
    }

    func envelope(_ label: String, on topic: String = defaultTopic) throws(EventError) -> Envelope {
        Envelope(subject: try subject(topic), headers: [Envelope.labelKey: label])
    }

    // MARK: Calls

    /// Subscribes, and returns when the subscription is in effect across the link.
    func subscribe(
        to topic: String = defaultTopic,
        capacity: Int = 0,
        backpressure: BackpressurePolicy = .dropNewest,
        predicate: (@Sendable (Envelope) -> Bool)? = nil
    ) async throws -> Subscription {
        begin("subscribe to \(topic)")
        let options = SubscriptionOptions(
            bufferCapacity: capacity,
            backpressure: backpressure,
            predicate: predicate
        )
        let subscription = try await subscriber.subscribe(to: pattern(topic), options: options)
        try await settle(subscription)
        return subscription
    }

    /// Returns when a subscription to a pattern of this run is in effect across the link.
    func settle(_ subscription: Subscription) async throws {
        begin("settling of \(subscription.pattern)")
        let text = subscription.pattern.rawValue
        let matching = text.split(separator: ".").map { $0 == "*" || $0 == ">" ? "any" : String($0) }
        try await fixture.settle(subscription, Subject(segments: matching))
    }

    /// Publishes one envelope after the other.
    func publish(_ labels: String..., on topic: String = defaultTopic) async throws {
        try await publish(labels, on: topic)
    }

    /// Publishes one envelope after the other.
    func publish(_ labels: [String], on topic: String = defaultTopic) async throws {
        for label in labels {
            begin("publish of \(label) on \(topic)")
            try await publisher.publish(envelope(label, on: topic))
        }
    }

    /// Closes the bus, or both.
    func close() async {
        begin("close")
        await publisher.close()
        await subscriber.close()
    }

    private func begin(_ call: String) {
        step.withLock { $0 = call }
    }

    // MARK: Side by side

    /// Runs work beside the case; it is cancelled at the end of the run.
    func attempt<Value: Sendable>(
        on executor: (any TaskExecutor)? = nil,
        _ work: @escaping @Sendable () async throws -> Value
    ) -> Attempt<Value> {
        let attempt = Attempt(on: executor, work)
        attempts.withLock { $0.append(attempt.task) }
        return attempt
    }

    /// Runs work in a task that is cancelled before it begins.
    func cancelled<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.cancelAll()
            group.addTask { try await work() }
            for try await value in group { return value }
            throw CancellationError()
        }
    }

    // MARK: The end

    /// Closes the buses whatever the outcome of the case, and then reports it.
    ///
    /// A case that has no outcome has not ended, which breaks the rule, too; `step` is where it stopped then.
    func tearDown(after outcome: Result<Void, any Error>?, unfinished step: String) async throws {
        let closing = Attempt { await self.close() }
        // A task of its own, so that the buses are closed on return even when this task is cancelled.
        let closed = await Task { [waitFor] in try? await closing.result(within: waitFor) }.value
        for task in attempts.withLock(\.self) + [closing.task] { task.cancel() }
        switch outcome {
        case nil:
            throw failure(expected: "every call to return", seen: "the \(step) did not within \(waitFor * 4)")
        case .failure(let error) where error is ConformanceFailure || Task.isCancelled:
            throw error
        case .failure(let error):
            throw failure(expected: "every call to succeed", seen: "\(error)")
        case .success where closed == nil:
            throw failure(expected: "close to return", seen: "it did not within \(waitFor)")
        case .success:
            return
        }
    }
}

extension Envelope {
    static let labelKey = "label"

    /// What tells the envelope from the others of its run.
    var label: String { headers[Envelope.labelKey] ?? "no label" }
}
