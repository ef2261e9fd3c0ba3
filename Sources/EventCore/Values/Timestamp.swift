#if canImport(FoundationEssentials)
package import FoundationEssentials
#else
package import Foundation
#endif

/// An instant to the nanosecond, which a `Date` of today cannot hold: its precision is about 100 ns.
package struct Timestamp: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0 to 999 999 999.
    package var nanoseconds: UInt32

    /// 0001-01-01T00:00:00Z, the zero time of Go, which stands for "not set".
    ///
    /// As a date it is `Date.distantPast`, which Foundation puts two days earlier, at that day of the Julian calendar.
    package static let unset = Timestamp(seconds: -62_135_596_800, nanoseconds: 0)

    package init(seconds: Int64, nanoseconds: UInt32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The nearest nanosecond to a date.
    ///
    /// `Date.distantPast` and what is no number mean "not set"; dates beyond 30 million
    /// years are held at that.
    package init(_ date: Date) {
        let interval = date.timeIntervalSinceReferenceDate
        guard !interval.isNaN, date != .distantPast else {
            self = .unset
            return
        }
        let held = min(max(interval, -1e15), 1e15)
        let whole = held.rounded(.down)
        let fraction = Int64(((held - whole) * 1e9).rounded())
        seconds = Int64(whole) + Self.referenceDate + fraction / 1_000_000_000
        nanoseconds = UInt32(fraction % 1_000_000_000)
    }

    /// The nearest date.
    package var date: Date {
        guard self != .unset else { return .distantPast }
        return Date(timeIntervalSinceReferenceDate: Double(seconds - Self.referenceDate) + Double(nanoseconds) / 1e9)
    }

    /// 2001-01-01T00:00:00Z in seconds since 1970.
    private static let referenceDate: Int64 = 978_307_200
}
