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
    private struct State {
        var batches: [[Envelope]] = []
        /// How many envelopes are not delivered yet, and their bytes; what the thread has in hand is among them.
        var count = 0
        var bytes = 0
        var hasThread = false
        var isClosed = false
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
    package func deliver(_ envelopes: [Envelope]) {
        // Only the thread that receives adds to the queue, so one that is empty here stays so until it is done.
        guard state.withLock({ $0.count == 0 }) else { return add(envelopes) }
        var dropped = 0
        defer { count(dropped) }
        for (index, envelope) in envelopes.enumerated() {
            guard let full = local.deliverCallingNobody(envelope) else {
                return add(index == 0 ? envelopes : Array(envelopes[index...]))
            }
            dropped += full
        }
    }

    private func hand(_ envelopes: [Envelope]) {
        var dropped = 0
        for envelope in envelopes { dropped += local.deliverCounting(envelope) }
        count(dropped)
    }

    private func count(_ dropped: Int) {
        if dropped > 0 { reporter.counters.dropped.add(dropped, ordering: .relaxed) }
    }

    // MARK: The thread

    private func add(_ envelopes: [Envelope]) {
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
            if taken > 0 { state.batches.append(taken == envelopes.count ? envelopes : Array(envelopes[..<taken])) }
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
        let batch = state.withLock { state -> [Envelope]? in
            state.batches.isEmpty ? nil : state.batches.removeFirst()
        }
        guard let batch else { return false }
        hand(batch)
        state.withLock { state in
            state.count -= batch.count
            state.bytes -= batch.reduce(0) { $0 + $1.payloadCount + Self.envelopeSize }
        }
        return true
    }

    /// Delivers nothing more, and ends the thread.
    package func close() {
        let refused = state.withLock { state in
            state.isClosed = true
            defer { state.batches = [] }
            return state.batches.reduce(0) { $0 + $1.count }
        }
        // That is no sign of slowness.
        if refused > 0 { reporter.counters.overflowed.add(refused, ordering: .relaxed) }
        signal.signal()
    }
}
