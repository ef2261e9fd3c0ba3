import DequeModule

/// The buffer of one subscription: locks, asks the state machine, unlocks, then acts.
///
/// It reports to the observer itself what becomes of each envelope it is offered, before anyone is resumed.
package final class Mailbox: Sendable {
    package let id: SubscriptionID
    package let pattern: Pattern
    /// Whether ``wish`` has to be asked for before an offer.
    package let hasPredicate: Bool
    private let observer: any Observer
    private let isObserved: Bool
    private let state: Lock<State>

    private typealias Consumer = Waiter<Envelope?>

    /// What is guarded by the lock: besides the machine, what must go when the mailbox ends.
    private struct State {
        var machine: MailboxStateMachine<Envelope, Consumer, ParkedPublish>
        var predicate: (@Sendable (Envelope) -> Bool)?
        var onEnd: (@Sendable (Mailbox) -> Void)?
        /// Who ended the mailbox, once it has ended.
        var end: End?
    }

    /// Who ends a mailbox.
    package enum End: Sendable { case subscription, bus }

    /// What became of an offered envelope.
    package enum Outcome: Sendable {
        case delivered
        /// Delivered, and an older one was dropped for it.
        case deliveredForOldest
        /// Dropped because the buffer is full.
        case dropped
        /// Dropped because the mailbox has ended.
        case ended
        /// Nothing has become of it: the buffer is full, and its publisher should ``park(_:for:)``.
        case full
    }

    /// Creates a mailbox; `onEnd` is called once, when it ends.
    package init(
        id: SubscriptionID,
        pattern: Pattern,
        capacity: Int,
        policy: BackpressurePolicy,
        predicate: (@Sendable (Envelope) -> Bool)? = nil,
        observer: (any Observer)? = nil,
        onEnd: (@Sendable (Mailbox) -> Void)? = nil
    ) {
        self.id = id
        self.pattern = pattern
        self.observer = observer ?? Unobserved()
        isObserved = observer != nil
        hasPredicate = predicate != nil
        state = Lock(
            State(
                machine: MailboxStateMachine(capacity: capacity, policy: policy),
                predicate: predicate,
                onEnd: onEnd
            )
        )
    }

    /// The capacity counts from now on; the mailbox was made with a greater one.
    package func begin(capacity: Int) {
        state.withLock { $0.machine.setCapacity(capacity) }
    }

    /// Whether nothing more will come.
    var hasEnded: Bool { state.withLock { $0.machine.isExhausted } }

    /// What has become of what was offered.
    var counts: SubscriptionCounts { state.withLock { $0.machine.counts } }

    // MARK: Publishers

    /// Which of the envelopes that match should be offered.
    package enum Wish: Sendable {
        case everything
        /// Those that this accepts, which is called outside every lock.
        case accepted((@Sendable (Envelope) -> Bool))
        case nothing
    }

    /// Which of the envelopes that match should be offered now.
    ///
    /// A mailbox that has ended has no predicate any more. When its bus ended it, it is offered everything, for that is to
    /// be told.
    package var wish: Wish {
        guard hasPredicate else { return .everything }
        return state.withLock { state in
            if let predicate = state.predicate { return .accepted(predicate) }
            return state.end == .bus ? .everything : .nothing
        }
    }

    /// Offers an envelope; never waits.
    package func offer(_ envelope: Envelope) -> Outcome {
        act(on: state.withLock { $0.machine.offer(envelope) }, envelope)
    }

    /// Leaves an envelope until there is room, if there still is none.
    package func park(_ envelope: Envelope, for publish: ParkedPublish) {
        publish.add(self)
        let (action, end) = state.withLock { ($0.machine.park(envelope, for: publish), $0.end) }
        switch act(on: action, envelope) {
        case .full: break
        case .ended: publish.settle(end == .bus ? .busClosed : .taken)
        case .delivered, .deliveredForOldest, .dropped: publish.settle(.taken)
        }
    }

    /// Offers an envelope that could be parked and whose publisher does not wait.
    package func offerOrDrop(_ envelope: Envelope) -> Outcome {
        act(on: state.withLock { $0.machine.offerOrRefuse(envelope) }, envelope)
    }

    /// Tells that an envelope found the buffer full and is dropped.
    package func drop(_ envelope: Envelope) {
        if isObserved { observer.onDrop(envelope, from: id, reason: .bufferFull) }
    }

    func withdraw(_ publish: ParkedPublish) {
        guard let envelope = state.withLock({ $0.machine.withdraw(publish) }) else { return }
        observer.onDrop(envelope, from: id, reason: .cancelled)
        publish.settle(.withdrawn)
    }

    @inline(__always)
    private func act(
        on action: MailboxStateMachine<Envelope, Consumer, ParkedPublish>.OfferAction,
        _ envelope: Envelope
    ) -> Outcome {
        switch action {
        case .keep:
            if isObserved { observer.onDeliver(envelope, to: id) }
            return .delivered
        case .hand(let consumer):
            if isObserved { observer.onDeliver(envelope, to: id) }
            consumer.resume(returning: envelope)
            return .delivered
        case .evict(let oldest):
            if isObserved {
                observer.onDrop(oldest, from: id, reason: .bufferFull)
                observer.onDeliver(envelope, to: id)
            }
            return .deliveredForOldest
        case .refuse:
            drop(envelope)
            return .dropped
        case .park:
            return .full
        case .finished:
            if isObserved { observer.onDrop(envelope, from: id, reason: .closed) }
            return .ended
        }
    }

    // MARK: Consumers

    /// The next envelope, or `nil` when the mailbox has ended or the task is cancelled, which ends it.
    package func next() async -> Envelope? {
        if let answer = takeNow() { return answer }
        return await wait()
    }

    /// The next envelope, or `nil` when the time is up as well.
    package func next(within timeout: Duration) async -> Envelope? {
        if let answer = takeNow() { return answer }
        guard timeout > .zero else { return nil }
        return await wait(atMost: timeout)
    }

    /// What can be answered without waiting; the outer `nil` means that the caller has to wait.
    func takeNow() -> Envelope?? {
        if Task.isCancelled {
            cancel()
            return .some(nil)
        }
        switch state.withLock({ $0.machine.take() }) {
        case .take(let envelope):
            return envelope
        case .takeAndAdmit(let envelope, let parked):
            admit(parked)
            return envelope
        case .wait:
            return .none
        case .finished:
            return .some(nil)
        }
    }

    /// Waits for as long as it takes.
    func wait() async -> Envelope? {
        await withTaskCancellationHandler {
            await Waiter.suspend { consumer in _ = queue(consumer) }
        } onCancel: {
            cancel()
        }
    }

    private func wait(atMost timeout: Duration) async -> Envelope? {
        var timer: Task<Void, any Error>?
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await Waiter.suspend { consumer in
                // Only now, for a timer that rings before the consumer is queued would ring in vain.
                guard let token = queue(consumer) else { return }
                timer = Task { try await self.expire(token, after: timeout) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Lets a consumer wait, unless it can be answered at once.
    ///
    /// - Returns: What names it while it waits; `nil` when it was answered.
    private func queue(_ consumer: Consumer) -> UInt64? {
        let (token, action) = state.withLock { state in
            let token = state.machine.makeToken()
            return (token, state.machine.take(orQueue: consumer, token: token))
        }
        switch action {
        case .wait: return token
        case .finished: consumer.resume(returning: nil)
        case .take(let envelope): consumer.resume(returning: envelope)
        case .takeAndAdmit(let envelope, let parked):
            admit(parked)
            consumer.resume(returning: envelope)
        }
        return nil
    }

    private func expire(_ token: UInt64, after timeout: Duration) async throws {
        try await Task.sleep(for: timeout.bounded)
        let consumer = state.withLock { $0.machine.giveUp(token) }
        consumer?.resume(returning: nil)
    }

    private func admit(_ parked: MailboxStateMachine<Envelope, Consumer, ParkedPublish>.Parked) {
        if isObserved { observer.onDeliver(parked.element, to: id) }
        parked.publisher.settle(.taken)
    }

    // MARK: The end

    /// Takes nothing more; what is buffered can still be read.
    package func close(_ end: End) {
        let (action, predicate, onEnd) = state.withLock { state in
            defer { (state.predicate, state.onEnd) = (nil, nil) }
            if state.end == nil { state.end = end }
            return (state.machine.finish(), state.predicate, state.onEnd)
        }
        guard let action = action else { return }
        withExtendedLifetime(predicate) {}
        onEnd?(self)
        for parked in action.parked {
            observer.onDrop(parked.element, from: id, reason: .closed)
            parked.publisher.settle(end == .bus ? .busClosed : .taken)
        }
        for consumer in action.consumers { consumer.resume(returning: nil) }
    }

    /// Ends at once: what is buffered is thrown away.
    package func cancel() {
        close(.subscription)
        let buffered = state.withLock { $0.machine.discard() }
        withExtendedLifetime(buffered) {}
    }
}

extension Mailbox: Hashable {
    package static func == (left: Mailbox, right: Mailbox) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}
