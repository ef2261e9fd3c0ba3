import EventCore
import Synchronization

/// Counts what each subscription has lost.
final class DropCounter: Observer {
    private let counts = Mutex<[SubscriptionID: Int]>([:])

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        counts.withLock { $0[subscription, default: 0] += 1 }
    }

    func count(of subscription: SubscriptionID) -> Int {
        counts.withLock { $0[subscription, default: 0] }
    }

    /// Over all subscriptions that are not forgotten.
    var total: Int {
        counts.withLock { $0.values.reduce(0, +) }
    }

    func forget(_ subscription: SubscriptionID) {
        counts.withLock { $0[subscription] = nil }
    }
}
