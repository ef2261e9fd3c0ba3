import EventCore
import Synchronization

/// Counts subscriptions that come and go, so that whoever remembers a route can tell whether it may have changed.
///
/// Every change is added to one of a few counters, chosen by the first three literal segments of its pattern or fewer,
/// and then to the count of all. What may change a subject's route is added to a counter of one of the subject's own
/// prefixes, so a subscription to `graph.run.r7.>` says nothing about the routes of other runs.
@safe final class ChangeCounters: @unchecked Sendable {
    // `@unchecked Sendable`: the pointer never changes, and what it points to is atomic.
    private let all = Atomic<UInt64>(0)
    private let counters: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        unsafe counters = .allocate(capacity: ChangePrefixes.counterCount)
        for index in 0..<ChangePrefixes.counterCount { unsafe (counters + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe counters.deinitialize(count: ChangePrefixes.counterCount)
        unsafe counters.deallocate()
    }

    /// A subscription to `pattern` came or went; the index of patterns has it already.
    func record(_ pattern: Pattern) {
        // Whoever sees the second sees the first, and the index as it is now.
        unsafe counters[ChangePrefixes.counter(of: pattern)].add(1, ordering: .releasing)
        all.add(1, ordering: .releasing)
    }

    /// The count of all changes.
    ///
    /// While it stands still, so does every route.
    @inline(__always)
    var total: UInt64 { all.load(ordering: .acquiring) }

    /// The sum of a subject's counters, which only grow.
    ///
    /// While it stands still, so does the subject's route.
    func sum(of prefixes: ChangePrefixes) -> UInt64 {
        var sum: UInt64 = 0
        for lane in prefixes.counters.indices {
            unsafe sum &+= counters[Int(prefixes.counters[lane])].load(ordering: .acquiring)
        }
        return sum
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
