import Dispatch
package import EventCore
package import EventMemory
import Synchronization

/// Delivers what came off the wire to local subscriptions, in order, and lets no code of the user hold up the thread
/// that receives.
///
/// An envelope for which neither an observer nor a predicate is called is delivered at once, on the thread that receives, unless
/// others wait before it. The rest a thread of its own delivers, which is started when it is first needed. What it has not
/// delivered yet is bounded in number and in bytes; what does not fit is dropped and counted.
package final class DeliveryQueue: Sendable {
    private struct Batch: Sendable {
        var envelopes: [Envelope]
        var audience: Audience
    }

    private struct State {
        var batches: [Batch] = []
        /// How many envelopes are not delivered yet, and their bytes; what the thread has in hand is among them.
        var count = 0
        var bytes = 0
        var hasThread = false
        var isClosed = false
        /// Those who wait until nothing is left.
        var waiters: [Completion] = []

        mutating func takeWaiters() -> [Completion] {
            defer { waiters = [] }
            return waiters
        }
    }

    private let state = Lock(State())
    private let signal = DispatchSemaphore(value: 0)
    private let local: MemoryBus
    private let reporter: BusReporter
    private let capacity: Int
    private let byteCapacity: Int

    /// What an envelope takes beside its payload, about.
    private static let envelopeSize = 512

    /// Creates a queue that holds nothing.
    ///
    /// - Parameters:
    ///   - local: Where to deliver.
    ///   - capacity: How many envelopes may wait for predicates and observers.
    ///   - byteCapacity: How many bytes they may have; one is taken however large it is.
    ///   - reporter: Told of what is dropped.
    package init(_ local: MemoryBus, capacity: Int, byteCapacity: Int, reporter: BusReporter) {
        (self.local, self.reporter) = (local, reporter)
        (self.capacity, self.byteCapacity) = (capacity, byteCapacity)
    }

    /// Delivers envelopes, after all that were delivered before; called on one thread, the one that receives.
    ///
    /// - Parameters:
    ///   - envelopes: The envelopes.
    ///   - audience: Whom they are for.
    package func deliver(_ envelopes: [Envelope], to audience: Audience = .everybody) {
        // Only the thread that receives adds to the queue, so one that is empty here stays so until it is done.
        guard state.withLock({ $0.count == 0 }) else { return add(Batch(envelopes: envelopes, audience: audience)) }
        var dropped = 0
        defer { count(dropped) }
        var rest = envelopes[...]
        while let first = rest.first {
            let run = rest.prefix(Self.longestRun).prefix { $0.subject == first.subject }
            guard let (delivered, full) = local.deliverCallingNobody(run, to: audience) else {
                return add(Batch(envelopes: rest.startIndex == 0 ? envelopes : Array(rest), audience: audience))
            }
            dropped += full
            rest = rest.dropFirst(delivered)
        }
    }

    /// So many envelopes at most are delivered before a reader has its turn.
    private static let longestRun = 16

    private func hand(_ batch: Batch) {
        var dropped = 0
        for envelope in batch.envelopes { dropped += local.deliverCounting(envelope, to: batch.audience) }
        count(dropped)
    }

    private func count(_ dropped: Int) {
        if dropped > 0 { reporter.counters.dropped.add(dropped, ordering: .relaxed) }
    }

    // MARK: The thread

    private func add(_ batch: Batch) {
        let envelopes = batch.envelopes
        let (refused, needsThread) = state.withLock { state -> (Int, Bool) in
            guard !state.isClosed else { return (envelopes.count, false) }
            var taken = 0
            for envelope in envelopes {
                let size = envelope.payloadCount + Self.envelopeSize
                guard state.count < capacity, state.bytes + size <= byteCapacity || state.count == 0 else { break }
                state.count += 1
                state.bytes += size
                taken += 1
            }
            if taken > 0 {
                let kept = taken == envelopes.count ? envelopes : Array(envelopes[..<taken])
                state.batches.append(Batch(envelopes: kept, audience: batch.audience))
            }
            let needsThread = !state.hasThread
            state.hasThread = true
            return (envelopes.count - taken, needsThread)
        }
        if refused > 0 { reporter.overflowed(refused) }
        if needsThread { startThread() }
        signal.signal()
    }

    private func startThread() {
        let code = ServiceThread.start(self) {
            $0.run()
        } atEnd: {
        } ifImpossible: { _ in
        }
        guard code != 0 else { return }
        reporter.failed(ServiceThread.failure("start a thread for deliveries", code))
        // As before there was a thread for it; the next delivery tries again.
        state.withLock { $0.hasThread = false }
        while deliverNext() {}
    }

    private func run() {
        while true {
            signal.wait()
            while deliverNext() {}
            if state.withLock({ $0.isClosed }) { return }
        }
    }

    /// Delivers the oldest batch; answers whether there was one.
    private func deliverNext() -> Bool {
        let batch = state.withLock { state -> Batch? in
            state.batches.isEmpty ? nil : state.batches.removeFirst()
        }
        guard let batch else { return false }
        hand(batch)
        let waiters = state.withLock { state -> [Completion] in
            state.count -= batch.envelopes.count
            state.bytes -= batch.envelopes.reduce(0) { $0 + $1.payloadCount + Self.envelopeSize }
            return state.count == 0 ? state.takeWaiters() : []
        }
        for waiter in waiters { waiter.complete() }
        return true
    }

    /// Waits until all that has come is delivered, but not longer than `limit`.
    package func settle(atMost limit: Duration) async {
        let settled = Completion()
        let hasRest = state.withLock { state in
            guard state.count > 0, !state.isClosed else { return false }
            state.waiters.append(settled)
            return true
        }
        if hasRest { await settled.wait(atMost: limit) }
    }

    /// Delivers nothing more, and ends the thread.
    package func close() {
        let (refused, waiters) = state.withLock { state in
            state.isClosed = true
            defer { state.batches = [] }
            return (state.batches.reduce(0) { $0 + $1.envelopes.count }, state.takeWaiters())
        }
        for waiter in waiters { waiter.complete() }
        // That is no sign of slowness.
        if refused > 0 { reporter.counters.overflowed.add(refused, ordering: .relaxed) }
        signal.signal()
    }
}
