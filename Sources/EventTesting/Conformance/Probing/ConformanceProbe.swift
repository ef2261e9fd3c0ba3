import EventCore

/// What a case works with: the buses, an observer, subjects that are its own, and words for acting on them.
///
/// Envelopes are told apart by a label, which travels as a header. Subjects are named by their last segments; what comes
/// before is unique to the run. All that is done through the probe stands in the story of the run.
final class ConformanceProbe: Sendable {
    static let defaultTopic = "topic"

    let observer: ConformanceObserver
    let rule: ConformanceCase
    let fixtures: [BusFixture]
    private let root = "conformance.\(Envelope(subject: "conformance").id)"
    private let attempts = Lock<[Task<Void, Never>]>([])
    private let step = Lock("start of the case")
    private let losses: Losses

    init(rule: ConformanceCase, fixtures: [BusFixture], observer: ConformanceObserver) {
        self.rule = rule
        self.fixtures = fixtures
        self.observer = observer
        losses = Losses(of: fixtures[0])
    }

    var fixture: BusFixture { fixtures[0] }
    /// The publishing bus of each fixture.
    var publishers: [any Bus] { fixtures.map(\.publisher) }
    var subscriber: any Bus { fixture.subscriber }
    var waitFor: Duration { fixture.waitFor }
    var stayQuiet: Duration { fixture.stayQuiet }
    var busDroppedCount: Int? { fixture.droppedCount?() }

    /// Whether the bus may lose envelopes, provided that it counts them.
    var toleratesLosses: Bool { rule.profile.toleratesLosses }

    /// What the bus says it has lost since the case began.
    var reportedLosses: Losses { Losses(of: fixture) - losses }

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

    /// What a subject or pattern of this run is called in the story.
    private func name(_ text: String) -> String {
        text.hasPrefix(root) ? String(text.dropFirst(root.count + 1)) : text
    }

    // MARK: The story

    /// What a subscription is called in the story.
    func name(of subscription: SubscriptionID) -> String { observer.name(of: subscription) }

    /// Adds to the story of the run.
    func tell(_ event: String) {
        observer.story.append(event)
    }

    /// Makes a call, and tells of it and of what came of it.
    private func call<Value>(
        _ name: String,
        _ work: () async throws -> Value,
        naming describe: (Value) -> String = { _ in "" }
    ) async throws -> Value {
        begin(name)
        do {
            let value = try await work()
            tell("\(name) returned\(describe(value))")
            return value
        } catch {
            tell("\(name) threw \(error)")
            throw error
        }
    }

    private func begin(_ name: String) {
        step.withLock { $0 = name }
        tell(name)
    }

    // MARK: Calls

    /// Subscribes, and returns when the subscription is in effect across the link.
    func subscribe(
        to topic: String = defaultTopic,
        capacity: Int = 0,
        backpressure: BackpressurePolicy = .dropNewest,
        name: String? = nil,
        predicate: (@Sendable (Envelope) -> Bool)? = nil
    ) async throws -> Subscription {
        let options = SubscriptionOptions(
            bufferCapacity: capacity,
            backpressure: backpressure,
            name: name,
            predicate: predicate
        )
        let subscription = try await open(options, on: topic)
        try await settle(subscription)
        return subscription
    }

    /// Subscribes, and does not wait for the other side of a link.
    func open(_ options: SubscriptionOptions, on topic: String = defaultTopic) async throws -> Subscription {
        let room = options.bufferCapacity > 0 ? "room for \(options.bufferCapacity)" : "default room"
        return try await call("subscribe to \(topic) (\(options.backpressure.rawValue), \(room))") {
            try await subscriber.subscribe(to: pattern(topic), options: options)
        } naming: {
            " \(name(of: $0.id))"
        }
    }

    /// Returns when a subscription to a pattern of this run is in effect across the link.
    func settle(_ subscription: Subscription) async throws {
        step.withLock { $0 = "settling of \(name(subscription.pattern.rawValue))" }
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
        for label in labels { try await publish(envelope(label, on: topic)) }
    }

    /// Publishes an envelope, on the bus of the first fixture or on another.
    func publish(_ envelope: Envelope, by bus: (any Bus)? = nil) async throws {
        try await call("publish of \(envelope.label) on \(name(envelope.subject.rawValue))") {
            try await (bus ?? fixture.publisher).publish(envelope)
        }
    }

    /// Closes a subscription.
    func close(_ subscription: Subscription) {
        tell("close of \(name(of: subscription.id))")
        subscription.close()
    }

    /// Closes the bus, or both.
    func close() async {
        begin("close of the bus")
        await fixture.close()
        tell("close of the bus returned")
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
        let closing = Attempt { [fixtures] in for fixture in fixtures { await fixture.close() } }
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
