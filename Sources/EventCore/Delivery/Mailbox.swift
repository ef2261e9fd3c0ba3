package import Synchronization

/// The buffer of one subscription: locks, asks the state machine, unlocks, then acts.
///
/// It reports to the observer itself what becomes of each envelope it is offered, before anyone is resumed.
package final class Mailbox: Sendable {
    /// What an observer is told about the subscription.
    package let info: SubscriptionInfo
    package var id: SubscriptionID { info.id }
    package var pattern: Pattern { info.pattern }
    /// Whether ``wish`` has to be asked for before an offer.
    package let hasPredicate: Bool
    /// The group it is a member of, which then decides what it is offered.
    package let group: MailboxGroup?
    /// Where the index of its bus has it; less than 0 while none has.
    ///
    /// Relaxed: it is read and written under the lock of that index alone, which orders all of that.
    package let slot = Atomic<Int>(-1)
    private let observer: any Observer
    private let isObserved: Bool
    private let state: Lock<State>

    private typealias Consumer = Waiter<Envelope?>
    typealias Machine = MailboxStateMachine<Envelope, Waiter<Envelope?>, ParkedPublish>
    /// Names an envelope whose publisher waits.
    typealias ParkingPlace = MailboxStateMachine<Envelope, Waiter<Envelope?>, ParkedPublish>.ParkingPlace

    /// What is guarded by the lock: besides the machine, what must go when the mailbox ends.
    private struct State {
        var machine: Machine
        var predicate: (@Sendable (Envelope) -> Bool)?
        var onEnd: (@Sendable (Mailbox) -> Void)?
        /// What ended the mailbox, once it has ended.
        var end: SubscriptionEnd?
        /// Whether somebody tells the observer of the end, or has.
        var isEndTold = false
    }

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
    ///
    /// - Parameters:
    ///   - info: What it is.
    ///   - group: The group that it is going to be a member of.
    ///   - capacity: How much it takes until ``begin(capacity:)``; `nil` means as much as afterwards.
    ///   - predicate: What it wants; part of `info` is whether there is one.
    ///   - observer: Told what becomes of each envelope; whoever makes the mailbox tells that it begins and ends.
    ///   - onEnd: Called once, when it ends.
    package init(
        _ info: SubscriptionInfo,
        group: MailboxGroup? = nil,
        capacity: Int? = nil,
        predicate: (@Sendable (Envelope) -> Bool)? = nil,
        observer: (any Observer)? = nil,
        onEnd: (@Sendable (Mailbox) -> Void)? = nil
    ) {
        self.info = info
        self.group = group
        self.observer = observer ?? Unobserved()
        isObserved = observer != nil
        hasPredicate = predicate != nil
        state = Lock(
            State(
                machine: MailboxStateMachine(capacity: capacity ?? info.bufferCapacity, policy: info.backpressure),
                predicate: predicate,
                onEnd: onEnd
            )
        )
    }

    /// Creates a mailbox whose subscription has no name.
    package convenience init(
        id: SubscriptionID,
        pattern: Pattern,
        capacity: Int,
        policy: BackpressurePolicy,
        predicate: (@Sendable (Envelope) -> Bool)? = nil,
        observer: (any Observer)? = nil,
        onEnd: (@Sendable (Mailbox) -> Void)? = nil
    ) {
        let info = SubscriptionInfo(
            id: id,
            pattern: pattern,
            bufferCapacity: capacity,
            backpressure: policy,
            hasPredicate: predicate != nil
        )
        self.init(info, predicate: predicate, observer: observer, onEnd: onEnd)
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
            return state.end == .busClosed ? .everything : .nothing
        }
    }

    /// Offers an envelope; never waits.
    package func offer(_ envelope: Envelope) -> Outcome {
        act(on: state.withLock { $0.machine.offer(envelope) }, envelope)
    }

    /// Leaves an envelope until there is room, if there still is none.
    package func park(_ envelope: Envelope, for publish: ParkedPublish) {
        publish.begin()
        let (action, end) = state.withLock { ($0.machine.park(envelope, for: publish), $0.end) }
        switch action {
        case .park(let place): publish.remember(place, in: self)
        case .settle(.finished):
            _ = act(on: .finished, envelope)
            publish.settle(end == .busClosed ? .busClosed : .taken)
        case .settle(let action):
            _ = act(on: action, envelope)
            publish.settle(.taken)
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

    /// Takes back what a publish left here, if it is still there.
    func withdraw(_ publish: ParkedPublish, at place: ParkingPlace) {
        guard let envelope = state.withLock({ $0.machine.withdraw(place) }) else { return }
        observer.onDrop(envelope, from: id, reason: .cancelled)
        publish.settle(.withdrawn)
    }

    @inline(__always)
    func act(on action: Machine.OfferAction, _ envelope: Envelope) -> Outcome {
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
    package func next(within timeout: Duration, on clock: AlarmClock = .shared) async -> Envelope? {
        if let answer = takeNow() { return answer }
        guard timeout > .zero else { return nil }
        return await wait(atMost: timeout, on: clock)
    }

    /// What can be answered without waiting; the outer `nil` means that the caller has to wait.
    func takeNow() -> Envelope?? {
        if Task.isCancelled {
            cancel()
            return .some(nil)
        }
        switch state.withLock({ $0.machine.take() }) {
        case .take(let envelope):
            group?.roomAppeared(in: self)
            return envelope
        case .takeAndAdmit(let envelope, let parked):
            admit(parked)
            return envelope
        case .wait, .queued:
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

    private func wait(atMost timeout: Duration, on clock: AlarmClock) async -> Envelope? {
        var alarm: AlarmClock.Alarm?
        defer { if let alarm { clock.cancel(alarm) } }
        return await withTaskCancellationHandler {
            await Waiter.suspend { consumer in
                // Only now, for an alarm that rings before the consumer is queued would ring in vain.
                guard let place = queue(consumer) else { return }
                alarm = clock.set(in: timeout) { self.giveUp(place) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Lets a consumer wait, unless it can be answered at once.
    ///
    /// - Returns: What names it while it waits; `nil` when it was answered.
    private func queue(_ consumer: Consumer) -> Machine.ConsumerPlace? {
        switch state.withLock({ $0.machine.take(orQueue: consumer) }) {
        case .queued(let place): return place
        case .wait, .finished: consumer.resume(returning: nil)
        case .take(let envelope):
            group?.roomAppeared(in: self)
            consumer.resume(returning: envelope)
        case .takeAndAdmit(let envelope, let parked):
            admit(parked)
            consumer.resume(returning: envelope)
        }
        return nil
    }

    private func giveUp(_ place: Machine.ConsumerPlace) {
        let consumer = state.withLock { $0.machine.giveUp(place) }
        consumer?.resume(returning: nil)
    }

    private func admit(_ parked: Machine.Parked) {
        if isObserved { observer.onDeliver(parked.element, to: id) }
        parked.publisher.settle(.taken)
    }

    // MARK: The end

    /// Takes nothing more; what is buffered can still be read.
    package func close(_ end: SubscriptionEnd) {
        let (action, predicate, onEnd) = state.withLock { state in
            defer { (state.predicate, state.onEnd) = (nil, nil) }
            if state.end == nil { state.end = end }
            return (state.machine.finish(), state.predicate, state.onEnd)
        }
        guard var action else { return }
        withExtendedLifetime(predicate) {}
        group?.leave(self, end)
        onEnd?(self)
        while let parked = action.parked.popFirst() {
            observer.onDrop(parked.element, from: id, reason: .closed)
            parked.publisher.settle(end == .busClosed ? .busClosed : .taken)
        }
        while let consumer = action.consumers.popFirst() { consumer.resume(returning: nil) }
    }

    /// Lets the caller tell the observer what ended the mailbox, once in all.
    ///
    /// - Returns: What ended it; `nil` when nothing has, or somebody else tells it.
    package func claimEnd() -> SubscriptionEnd? {
        state.withLock { state in
            guard let end = state.end, !state.isEndTold else { return nil }
            state.isEndTold = true
            return end
        }
    }

    /// Ends at once: what is buffered is thrown away.
    package func cancel(_ end: SubscriptionEnd = .cancelled) {
        close(end)
        group?.handOver(from: self)
        withExtendedLifetime(takeBuffer()) {}
    }

    // MARK: Groups

    /// All that is buffered, which stays where it is.
    var buffered: SegmentedBuffer<Envelope> { state.withLock { $0.machine.buffered } }

    /// Takes all that is buffered away from the readers.
    func takeBuffer() -> SegmentedBuffer<Envelope> {
        state.withLock { $0.machine.discard() }
    }

    /// What ended it, once something has.
    var end: SubscriptionEnd? { state.withLock { $0.end } }

    /// How much there is to do for its readers.
    var load: MemberLoad { state.withLock { $0.machine.load } }

    /// Decides by the state machine, for a group that acts later.
    func decide<Answer: Sendable>(_ body: (inout Machine) -> Answer) -> Answer {
        state.withLock { body(&$0.machine) }
    }
}

extension Mailbox: Hashable {
    package static func == (left: Mailbox, right: Mailbox) -> Bool { left === right }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}
