import EventCore
import Synchronization

/// Counts subscriptions that come and go, so that whoever remembers a route can tell whether it may have changed.
///
/// Every change is added to one of a few counters, chosen by the first three literal segments of its pattern or fewer. What
/// may change a subject's route is added to a counter of one of the subject's own prefixes, so a subscription to
/// `graph.run.r7.>` says nothing about the routes of other runs. Each counter has a cache line of its own,
/// where those have 64 bytes, so that it does not hold up their publishers either.
@safe final class ChangeCounters: @unchecked Sendable {
    // `@unchecked Sendable`: the pointer never changes, and what it points to is atomic.
    //
    // Why a route that missed a change is never taken for good: whoever changes the index does so first, under its lock, and
    // adds to a counter then, releasing. Whoever makes a route reads the sum first, acquiring, and matches then, under the
    // same lock. If the sum has the change, so has the index that is matched. If it has not, the sum is greater from then on
    // than the one the route stands on. With a relaxed add the count could be seen before the lock was ever taken for the
    // change, with a relaxed load the sum could be read after the match: either way an old route would carry a new sum.
    //
    // Four counters are not read at one moment. That is enough, since each only grows and an owner of a lane never reads
    // less than the one before, by the hand-over of the lane: two sums are equal only if all four counters are.
    private let counters: UnsafeMutablePointer<Line>

    /// A counter, and what keeps the next one off its cache line.
    private struct Line: ~Copyable {
        let count = Atomic<UInt64>(0)
        let padding = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    }

    init() {
        unsafe counters = .allocate(capacity: ChangePrefixes.counterCount)
        for index in 0..<ChangePrefixes.counterCount { unsafe (counters + index).initialize(to: Line()) }
    }

    deinit {
        unsafe counters.deinitialize(count: ChangePrefixes.counterCount)
        unsafe counters.deallocate()
    }

    /// A subscription to `pattern` came or went; the index of patterns has it already.
    func record(_ pattern: Pattern) {
        // Pairs with the load in `count`: whoever sees the count sees the index as it is now, and whether the bus is closed.
        unsafe counters[ChangePrefixes.counter(of: pattern)].count.add(1, ordering: .releasing)
    }

    /// The sum of a subject's counters, which only grow.
    ///
    /// While it stands still, so does the subject's route.
    @inline(__always)
    func sum(of prefixes: ChangePrefixes) -> UInt64 {
        count(prefixes.counters.x) &+ count(prefixes.counters.y) &+ count(prefixes.counters.z)
            &+ count(prefixes.counters.w)
    }

    @inline(__always)
    private func count(_ counter: UInt8) -> UInt64 {
        unsafe counters[Int(counter)].count.load(ordering: .acquiring)
    }
}

/// Which counters tell of the patterns that may match a subject: one for each of its first prefixes.
struct ChangePrefixes: Sendable {
    static let counterCount = 256
    private static let depth = 3

    /// The counters of the prefixes with no, one, two and three segments; those a short subject lacks repeat the first.
    fileprivate var counters = SIMD4<UInt8>(repeating: counter(of: 0))

    init(of subject: Subject) {
        subject.rawValue.withUTF8Bytes { bytes in
            var end = -1
            for length in 1...Self.depth where end < bytes.count {
                end = bytes.segmentEnd(from: end + 1)
                counters[length] = Self.counter(of: ByteHash.hash(bytes, in: 0..<end))
            }
        }
    }

    /// The counter of the longest prefix that a pattern fixes.
    fileprivate static func counter(of pattern: Pattern) -> Int {
        pattern.rawValue.withUTF8Bytes { bytes in
            var prefix = 0
            var start = 0
            for _ in 1...depth where start < bytes.count {
                if bytes[start] == UInt8(ascii: "*") || bytes[start] == UInt8(ascii: ">") { break }
                prefix = bytes.segmentEnd(from: start)
                start = prefix + 1
            }
            return Int(prefix == 0 ? counter(of: 0) : counter(of: ByteHash.hash(bytes, in: 0..<prefix)))
        }
    }

    private static func counter(of hash: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: hash >> 24)
    }
}
