import DequeModule
import EventCore
import Synchronization

/// The latest 64 envelopes: what a callback needs to be as much of a subscription as a buffer that drops the oldest.
final class Ring: Sendable {
    private let buffer = Mutex(Deque<Envelope>())

    func append(_ envelope: Envelope) {
        let oldest = buffer.withLock { buffer in
            let oldest = buffer.count == 64 ? buffer.popFirst() : nil
            buffer.append(envelope)
            return oldest
        }
        withExtendedLifetime(oldest) {}
    }
}
