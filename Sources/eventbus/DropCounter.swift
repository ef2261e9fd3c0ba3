import EventCore
import Synchronization

/// Counts what a bus drops, by subscription.
final class DropCounter: Observer {
    private let counts = Mutex<[SubscriptionID: Int]>([:])
    private let overflowCount = Atomic(0)

    /// How many envelopes a subscription lost so far.
    subscript(subscription: SubscriptionID) -> Int {
        counts.withLock { $0[subscription, default: 0] }
    }

    /// How many envelopes found no room so far, or lost it, over all subscriptions.
    var overflow: Int { overflowCount.load(ordering: .relaxed) }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        counts.withLock { $0[subscription, default: 0] += 1 }
        if reason == .bufferFull { overflowCount.add(1, ordering: .relaxed) }
    }
}
