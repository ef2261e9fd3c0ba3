import EventCore
import Foundation

/// Spends some time on every envelope that is delivered, on purpose.
struct SlowObserver: Observer {
    let microseconds: UInt32

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        usleep(microseconds)
    }
}
