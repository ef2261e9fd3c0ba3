import EventCore
import Synchronization

/// Takes note when subscriptions drop envelopes for want of room: at the 1st, 10th, 100th … one.
final class DropNotices: Observer {
    /// How many were dropped by then, each time; ends with ``finish()``.
    let counts: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation
    // Relaxed: each number is the answer to one addition only, so each power of ten is told once.
    private let dropped = Atomic(0)

    init() {
        (counts, continuation) = AsyncStream.makeStream()
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        guard reason == .bufferFull else { return }
        let count = dropped.add(1, ordering: .relaxed).newValue
        if count.isPowerOfTen { continuation.yield(count) }
    }

    func finish() {
        continuation.finish()
    }
}
