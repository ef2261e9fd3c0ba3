import Synchronization

/// Makes envelope ids: xids, as github.com/rs/xid defines them.
///
/// An xid is twelve bytes, seconds since 1970 (4), random for each process (5), a counter (3), written as twenty
/// characters of lower-case base32hex (RFC 4648), so texts sort as the bytes do. Here seconds and counter advance as one
/// number that never goes back: ids made in one process sort by creation, also when the clock is set back and when more
/// than 2²⁴ are made in a second.
package enum EventIdentifier {
    /// Seconds since 1970 above, the 24 bits of the counter below.
    private static let last = Atomic<UInt64>(0)
    private static let process = UInt64.random(in: 0..<1 << 40)

    /// Makes an id that no other call in this process returns.
    ///
    /// - Parameter seconds: The current time in seconds since 1970.
    /// - Returns: Twenty characters.
    /// - Complexity: O(1); one atomic exchange and one allocation.
    package static func make(at seconds: Int64) -> String {
        text(stamp: advance(to: UInt64(truncatingIfNeeded: seconds) << 24), process: process)
    }

    /// The bytes of `stamp`, the low 40 bits of `process` between its seconds and its counter.
    static func text(stamp: UInt64, process: UInt64) -> String {
        let upper = (stamp >> 24) << 32 | process >> 8
        let lower = (process & 0xFF) << 24 | stamp & 0xFF_FFFF
        // 96 bits make 19 digits of 5 bits and one bit more, which is the top bit of the last digit.
        let bits = UInt128(upper) << 36 | UInt128(lower) << 4
        return unsafe String(unsafeUninitializedCapacity: 20) { digits in
            for index in 0..<20 {
                let digit = UInt8(truncatingIfNeeded: bits >> UInt128(95 - 5 * index)) & 31
                unsafe digits[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 20
        }
    }

    private static func advance(to now: UInt64) -> UInt64 {
        var previous = last.load(ordering: .relaxed)
        while true {
            let next = max(now, previous + 1)
            let (exchanged, original) = last.compareExchange(expected: previous, desired: next, ordering: .relaxed)
            if exchanged { return next }
            previous = original
        }
    }
}
