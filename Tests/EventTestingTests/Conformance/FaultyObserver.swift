import EventCore
import Synchronization

/// Passes callbacks on, less the faults that concern them.
final class FaultyObserver: Observer {
    private let observer: any Observer
    private let fault: Fault?
    private let late = Lock<(@Sendable () -> Void)?>(nil)
    private let dropped = Atomic<Int>(0)

    init(_ observer: any Observer, fault: Fault?) {
        self.observer = observer
        self.fault = fault
    }

    var droppedCount: Int {
        dropped.load(ordering: .relaxed) / (fault == .miscountsDrops ? 2 : 1)
    }

    func onPublish(_ envelope: Envelope) {
        call { $0.onPublish(envelope) }
        if fault == .announcesTwice { call { $0.onPublish(envelope) } }
    }

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        if fault == .losesDeliveries { return }
        call { $0.onDeliver(envelope, to: subscription) }
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        if reason == .bufferFull { dropped.add(1, ordering: .relaxed) }
        switch (fault, reason) {
        case (.losesDrops, .bufferFull), (.losesDropsOfEnded, .closed), (.losesCancellations, .cancelled): return
        default: call { $0.onDrop(envelope, from: subscription, reason: reason) }
        }
    }

    private func call(_ callback: @escaping @Sendable (any Observer) -> Void) {
        guard fault == .callsBackLate else { return callback(observer) }
        let observer = observer
        let previous = late.withLock { late in
            defer { late = { callback(observer) } }
            return late
        }
        previous?()
    }
}

/// Keeps evictions to itself.
struct SilentObserver: Observer {
    let observer: any Observer

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        observer.onDeliver(envelope, to: subscription)
    }
}
