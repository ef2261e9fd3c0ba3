import Synchronization

/// How many envelopes are still to be printed, over all subscriptions.
final class DeliveryQuota: Sendable {
    private let left: Mutex<Int>
    private let onEnd: @Sendable () -> Void

    /// - Parameters:
    ///   - count: How many in all, at least 1.
    ///   - onEnd: Called when the last one is taken.
    init(_ count: Int, onEnd: @escaping @Sendable () -> Void) {
        left = Mutex(count)
        self.onEnd = onEnd
    }

    /// How many are left.
    var remaining: Int { left.withLock { $0 } }

    /// Takes one, if there is one left.
    func take() -> Bool {
        let before = left.withLock { left in
            defer { left = max(0, left - 1) }
            return left
        }
        if before == 1 { onEnd() }
        return before > 0
    }
}
