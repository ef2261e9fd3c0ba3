import Dispatch
import EventCore
import EventMemory
import EventTransport
import Synchronization

/// Delivers what came off the wire to local subscriptions, in order, and lets no code of the user hold up the service
/// thread.
///
/// While there is neither an observer nor a predicate, delivering calls nobody, and happens at once, on the service thread.
/// Otherwise a thread of its own does it, which is started when it is first needed. What it has not delivered yet is
/// bounded in number and in bytes; what does not fit is dropped and counted.
final class DeliveryQueue: Sendable {
    private struct State {
        var batches: [[Envelope]] = []
        var count = 0
        var bytes = 0
        /// Whether the thread has something in hand that has left the queue.
        var isBusy = false
        var hasThread = false
        var isClosed = false
    }

    private let state = Lock(State())
    private let signal = DispatchSemaphore(value: 0)
    private let local: MemoryBus
    private let reporter: BusReporter
    private let isObserved: Bool
    private let capacity: Int
    private let byteCapacity: Int
    private let predicates = Atomic<Int>(0)

    /// What an envelope takes beside its payload, about.
    private static let envelopeSize = 512

    init(_ local: MemoryBus, isObserved: Bool, capacity: Int, byteCapacity: Int, reporter: BusReporter) {
        self.local = local
        self.reporter = reporter
        self.isObserved = isObserved
        self.capacity = capacity
        self.byteCapacity = byteCapacity
    }

    /// A subscription with a predicate begins, or one ends.
    func countPredicate(_ difference: Int) {
        predicates.add(difference, ordering: .sequentiallyConsistent)
    }

    /// Delivers envelopes, after all that were delivered before.
    func deliver(_ envelopes: [Envelope]) {
        // Only the service thread adds to the queue, so one that is empty here stays so until it is done.
        guard !mayCall, state.withLock({ $0.count == 0 && !$0.isBusy }) else { return add(envelopes) }
        var dropped = 0
        defer { count(dropped) }
        for (index, envelope) in envelopes.enumerated() {
            // A subscription with a predicate may begin at any time.
            if mayCall { return add(Array(envelopes[index...])) }
            dropped += local.deliverCounting(envelope)
        }
    }

    /// Whether delivering may call code of the user.
    private var mayCall: Bool { isObserved || predicates.load(ordering: .sequentiallyConsistent) > 0 }

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
        reporter.failed(
            .transport(TransportFailure(operation: "start a thread for deliveries", reason: "no thread", code: code))
        )
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
            state.isBusy = !state.batches.isEmpty
            return state.batches.isEmpty ? nil : state.batches.removeFirst()
        }
        guard let batch else { return false }
        hand(batch)
        state.withLock { state in
            state.count -= batch.count
            state.bytes -= batch.reduce(0) { $0 + $1.payloadCount + Self.envelopeSize }
            state.isBusy = false
        }
        return true
    }

    /// Delivers nothing more, and ends the thread.
    func close() {
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
