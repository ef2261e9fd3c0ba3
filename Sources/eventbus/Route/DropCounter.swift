import EventCore
import Synchronization

/// Counts what a bus drops, by subscription.
final class DropCounter: Observer {
    private let counts = Mutex<[SubscriptionID: Int]>([:])

    /// How many envelopes a subscription lost so far.
    subscript(subscription: SubscriptionID) -> Int {
        counts.withLock { $0[subscription, default: 0] }
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        counts.withLock { $0[subscription, default: 0] += 1 }
    }
}
