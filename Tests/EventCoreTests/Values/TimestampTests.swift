import EventCore
import EventTransport
import Foundation
import Testing

@Suite struct TimestampTests {
    @Test(
        "a date becomes the nearest nanosecond",
        arguments: [
            (0, -0.0, 978_307_200, 0), (0, 0.5, 978_307_200, 500_000_000), (0, -0.25, 978_307_199, 750_000_000),
            (-978_307_200, 0, 0, 0), (-978_307_200, -0.5, -1, 500_000_000), (1, 1e-9, 978_307_201, 1),
            (0, -1e-12, 978_307_200, 0), (0, 0.999_999_999_9, 978_307_201, 0), (0, 123e-9, 978_307_200, 123),
        ] as [(Double, Double, Int64, UInt32)]
    )
    func nearest(_ whole: Double, _ fraction: Double, _ seconds: Int64, _ nanoseconds: UInt32) {
        let time = Timestamp(Date(timeIntervalSinceReferenceDate: whole + fraction))
        #expect(time == Timestamp(seconds: seconds, nanoseconds: nanoseconds))
    }

    @Test func `not set is the distant past both ways`() {
        #expect(Timestamp(.distantPast) == .unset)
        #expect(Timestamp.unset.date == .distantPast)
        #expect(Timestamp.unset.seconds == -62_135_596_800)
    }

    @Test(
        "no date traps",
        arguments: [
            .nan, .signalingNaN, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e15,
            -1e15,
            9.3e18, -9.3e18, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 4_503_599_627_370_496.5,
        ] as [Double]
    )
    func extremes(_ interval: Double) {
        let time = Timestamp(Date(timeIntervalSinceReferenceDate: interval))
        #expect(time.nanoseconds < 1_000_000_000)
        #expect(interval.isNaN == (time == .unset))
        #expect(time.date.timeIntervalSinceReferenceDate.isFinite)

        var envelope = Envelope(subject: "a")
        envelope.time = Date(timeIntervalSinceReferenceDate: interval)
        #expect(envelope.time.timeIntervalSinceReferenceDate.isFinite)
        #expect(envelope == envelope.filledForPublishing() || interval.isNaN)
    }

    @Test func `a date survives the way through an envelope`() {
        for seconds in [0, 1, -1, 0.5, 1_777_284_672.25, 253_402_300_799, -62_135_596_799] as [Double] {
            var envelope = Envelope(subject: "a")
            envelope.time = Date(timeIntervalSince1970: seconds)
            #expect(envelope.time == Date(timeIntervalSince1970: seconds))
        }
    }

    @Test func `random dates come back to within their own precision`() {
        for _ in 0..<1000 {
            let date = Date(timeIntervalSinceReferenceDate: .random(in: -6e10...2.5e11))
            #expect(abs(Timestamp(date).date.timeIntervalSince(date)) <= date.timeIntervalSinceReferenceDate.ulp)
        }
    }
}
