import EventCore
import Synchronization

/// One of several ways into the bus, which publishers on different processors do not share.
///
/// A lane belongs to one publisher at a time, or to one who clears it up, and is taken only when it is free: nobody ever
/// waits for a lane. So its owner may do anything meanwhile, and reads the routes of its cache where they lie, without
/// retaining them.
@safe final class Lane: @unchecked Sendable {
    // `@unchecked Sendable`, and why a route cannot be freed while it is read: only the owner touches `cache`, and there is
    // one owner, since `isTaken` goes from false to true in one exchange. Acquiring there pairs with releasing in
    // `release()`: the next owner sees the cache as the last one left it. With a relaxed exchange it could see the count of
    // an array before its elements; with a relaxed store the last owner might still write while the next one reads.
    // The padding keeps what the owner of this lane writes off the cache lines, of 64 bytes on most machines, that other
    // owners use.
    private let paddingBefore = SIMD64<UInt8>()
    private let isTaken = Atomic<Bool>(false)
    private let droppedByOwner = Atomic<Int>(0)
    private let droppedByOthers = Atomic<Int>(0)
    @safe @exclusivity(unchecked) private var cache: RouteCache<Route>?
    private let paddingAfter = SIMD64<UInt8>()
    /// The calls in progress that may call an observer.
    let gate = CallGate()

    /// Creates a lane without a cache when the capacity is 0.
    init(cacheCapacity: Int, changes: ChangeCounters) {
        cache = cacheCapacity > 0 ? RouteCache(capacity: cacheCapacity, changes: changes) : nil
    }

    // MARK: Ownership

    /// Takes the lane, to be followed by ``release()``; `false` when somebody else has it.
    @inline(__always)
    func take() -> Bool {
        !isTaken.exchange(true, ordering: .acquiring)
    }

    /// Gives the lane back.
    @inline(__always)
    func release() {
        isTaken.store(false, ordering: .releasing)
    }

    /// Who may want an envelope; called by the owner.
    ///
    /// - Returns: A route that the lane keeps alive until it is released, unless it is `nil` since the lane has no cache.
    @inline(__always)
    func route(of envelope: Envelope, orMatchIn table: RoutingTable) -> Unmanaged<Route>? {
        guard let index = cache?.find(envelope.subjectIdentity) ?? find(envelope.subject, orMatchIn: table),
            let route = cache?[index]
        else { return nil }
        return unsafe Unmanaged.passUnretained(route)
    }

    @inline(never)
    private func find(_ subject: Subject, orMatchIn table: RoutingTable) -> Int? {
        if let index = cache?.find(subject) { return index }
        guard let basis = cache?.basis(for: subject) else { return nil }
        return cache?.insert(table.match(subject), for: subject, on: basis)
    }

    /// Forgets routes that are out of date, unless somebody has the lane, who will be asked another time.
    func purge() {
        guard take() else { return }
        defer { release() }
        cache?.purge()
    }

    /// Forgets routes that are out of date, for the last time, so it waits for whoever has the lane.
    ///
    /// The owner calls nobody while it has the lane, so that is soon.
    func purgeAtLast() async {
        while !take() { await Task.yield() }
        defer { release() }
        cache?.purge()
    }

    // MARK: Counting

    /// How many envelopes were dropped by publishers in this lane because a buffer was full.
    // Relaxed: each number only grows and guards nothing, and whoever knows that a publish has returned sees its drops.
    var droppedCount: Int { droppedByOwner.load(ordering: .relaxed) + droppedByOthers.load(ordering: .relaxed) }

    /// Counts drops; called by the owner, whom it costs no locked instruction.
    @inline(__always)
    func countDroppedAsOwner(_ count: Int) {
        // A load and a store lose nothing, since no one but the owner writes, and taking the lane makes what the last owner
        // stored visible. Called without the lane, two of them could count one drop for both.
        droppedByOwner.store(droppedByOwner.load(ordering: .relaxed) &+ count, ordering: .relaxed)
    }

    /// Counts drops; called by anyone.
    func countDropped(_ count: Int) {
        droppedByOthers.add(count, ordering: .relaxed)
    }
}
