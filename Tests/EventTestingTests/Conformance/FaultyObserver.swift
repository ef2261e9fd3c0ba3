import Dispatch
import EventCore
import Synchronization

/// Passes callbacks on, less the faults that concern them.
final class FaultyObserver: Observer {
    private typealias Call = @Sendable (any Observer) -> Void

    private struct State {
        /// The ids of what waits for room.
        var waiting: Set<String> = []
        var latest: Envelope?
        var held: Call?
        /// Subscriptions of whose beginning nothing has been told.
        var unannounced: [SubscriptionID: SubscriptionInfo] = [:]
        /// How much each subscription has dropped that is there, and those together that have ended.
        var droppedBy: [SubscriptionID: Int] = [:]
        var droppedByEnded = 0
        /// The ids of what was delivered, and the subscriptions that were closed or released.
        var delivered: Set<String> = []
        var left: Set<SubscriptionID> = []
    }

    private let observer: any Observer
    /// Held while some faults call the observer.
    let lock = Lock(())
    private let isObserved: Bool
    private let fault: Fault?
    private let state = Lock(State())
    private let dropped = Atomic<Int>(0)

    init(_ observer: (any Observer)?, fault: Fault?) {
        self.observer = observer ?? Unobserved()
        isObserved = observer != nil
        self.fault = fault
    }

    /// An envelope begins to wait for room.
    func waits(_ envelope: Envelope) {
        state.withLock { _ = $0.waiting.insert(envelope.id) }
    }

    private func isWaiting(_ envelope: Envelope) -> Bool {
        state.withLock { $0.waiting.contains(envelope.id) }
    }

    var droppedCount: Int {
        if fault == .countsOnlyObserved, !isObserved { return 0 }
        let forgotten = fault == .forgetsDropsOfEnded ? state.withLock(\.droppedByEnded) : 0
        return (dropped.load(ordering: .relaxed) - forgotten) / (fault == .miscountsDrops ? 2 : 1)
    }

    func onPublish(_ envelope: Envelope) {
        state.withLock { $0.latest = envelope }
        call { $0.onPublish(envelope) }
        if fault == .announcesTwice { call { $0.onPublish(envelope) } }
    }

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        let isFirst = state.withLock { $0.delivered.insert(envelope.id).inserted }
        if fault == .losesDeliveries || (fault == .losesAdmissions && isWaiting(envelope)) { return }
        if fault == .groupsHandOverSilently, !isFirst { return }
        call(about: envelope) { $0.onDeliver(envelope, to: subscription) }
        announce(subscription)
        guard fault == .reportsEvictionsLate else { return }
        let held = state.withLock { $0.held.take() }
        held?(observer)
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        if reason == .bufferFull {
            dropped.add(1, ordering: .relaxed)
            state.withLock { $0.droppedBy[subscription, default: 0] += 1 }
        }
        var told = envelope
        if fault == .dropsEmptied { told.payload = nil }
        if fault == .dropsLatest { told = state.withLock(\.latest) ?? envelope }
        let envelope = told
        defer { announce(subscription) }
        switch (fault, reason) {
        case (.losesDrops, .bufferFull), (.losesDropsOfEnded, .closed), (.losesCancellations, .cancelled): return
        case (.groupsHideUnread, .closed) where state.withLock { $0.left.contains(subscription) }: return
        case (.reportsEvictionsLate, .bufferFull):
            state.withLock { $0.held = { $0.onDrop(envelope, from: subscription, reason: reason) } }
        default: call(about: envelope) { $0.onDrop(envelope, from: subscription, reason: reason) }
        }
    }

    func onSubscribe(_ subscription: SubscriptionInfo) {
        switch fault {
        case .losesBeginnings: break
        case .tellsBeginningsLate: state.withLock { $0.unannounced[subscription.id] = subscription }
        case .tellsNoNames:
            let nameless = SubscriptionInfo(id: subscription.id, pattern: subscription.pattern)
            observer.onSubscribe(nameless)
        case .beginsUnderLock: lock.withLock { _ in observer.onSubscribe(subscription) }
        default: observer.onSubscribe(subscription)
        }
    }

    func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        state.withLock { state in
            state.droppedByEnded += state.droppedBy.removeValue(forKey: subscription.id) ?? 0
            if reason == .closed || reason == .released { state.left.insert(subscription.id) }
        }
        switch fault {
        case .losesEnds: break
        case .confusesEnds: observer.onEnd(subscription, reason: .closed)
        case .tellsEndsLate:
            DispatchQueue(label: "late").asyncAfter(deadline: .now() + 0.05) { [observer] in
                observer.onEnd(subscription, reason: reason)
            }
        case .repeatsEnds:
            observer.onEnd(subscription, reason: reason)
            observer.onEnd(subscription, reason: reason)
        default: observer.onEnd(subscription, reason: reason)
        }
    }

    /// Something has been told about a subscription.
    private func announce(_ subscription: SubscriptionID) {
        guard fault == .tellsBeginningsLate else { return }
        let late = state.withLock { $0.unannounced.removeValue(forKey: subscription) }
        if let late { observer.onSubscribe(late) }
    }

    private func call(about envelope: Envelope? = nil, _ callback: @escaping Call) {
        if fault == .callsBackAfterWaking, let envelope, isWaiting(envelope) {
            let observer = observer
            return DispatchQueue(label: "late").async { callback(observer) }
        }
        if fault == .callsBackUnderLockLater, let envelope, isWaiting(envelope) {
            return lock.withLock { _ in callback(observer) }
        }
        guard fault == .callsBackLate else { return callback(observer) }
        let previous = state.withLock { state in
            defer { state.held = callback }
            return state.held
        }
        previous?(observer)
    }
}

/// Keeps evictions to itself.
struct SilentObserver: Observer {
    let observer: any Observer

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        observer.onDeliver(envelope, to: subscription)
    }
}
