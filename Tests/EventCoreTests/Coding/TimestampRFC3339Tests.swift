import EventCore
import Foundation
import Testing

@Suite struct TimestampRFC3339Tests {
    private func written(_ time: Timestamp) -> String {
        time.rfc3339
    }

    @Test(
        "reads and writes",
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0), ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999),
            ("2026-04-27T10:11:12.123456789Z", 1_777_284_672, 123_456_789), ("2000-02-29T00:00:00Z", 951_782_400, 0),
            ("2024-02-29T23:59:59.5Z", 1_709_251_199, 500_000_000), ("1972-02-29T12:00:00Z", 68_212_800, 0),
            ("2100-02-28T23:59:59Z", 4_107_542_399, 0), ("2100-03-01T00:00:00Z", 4_107_542_400, 0),
            ("1900-03-01T00:00:00Z", -2_203_891_200, 0), ("0000-01-01T00:00:00Z", -62_167_219_200, 0),
            ("0000-02-29T00:00:00Z", -62_162_121_600, 0), ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
            ("2026-12-31T23:59:59.1Z", 1_798_761_599, 100_000_000),
            ("2026-01-01T00:00:00.000000001Z", 1_767_225_600, 1),
            ("2026-01-01T00:00:00.01Z", 1_767_225_600, 10_000_000),
        ] as [(String, Int64, UInt32)]
    )
    func vectors(_ text: String, _ seconds: Int64, _ nanoseconds: UInt32) throws {
        let time = Timestamp(seconds: seconds, nanoseconds: nanoseconds)
        #expect(try #require(Timestamp(rfc3339: text)) == time)
        #expect(written(time) == text)
    }

    @Test(
        "the same instant in UTC",
        arguments: [
            ("2026-04-27T18:11:12.123456789+08:00", "2026-04-27T10:11:12.123456789Z"),
            ("2026-04-27T06:41:12.123-03:30", "2026-04-27T10:11:12.123Z"),
            ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"),
            ("2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z"),
            ("2024-03-01T00:00:00+00:01", "2024-02-29T23:59:00Z"),
            ("2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00Z"),
            ("2026-01-01T00:00:00-23:59", "2026-01-01T23:59:00Z"),
            ("1970-01-01T00:00:00.5+00:01", "1969-12-31T23:59:00.5Z"),
            ("0000-01-01T01:00:00+01:00", "0000-01-01T00:00:00Z"),
            ("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00Z"),
        ]
    )
    func offsets(_ text: String, _ utc: String) throws {
        #expect(written(try #require(Timestamp(rfc3339: text))) == utc)
    }

    @Test(
        "fraction digits beyond the ninth are dropped, trailing zeros left out",
        arguments: [
            ("1", "1"), ("12", "12"), ("123", "123"), ("1234", "1234"), ("12345", "12345"), ("123456", "123456"),
            ("1234567", "1234567"), ("12345678", "12345678"), ("123456789", "123456789"), ("1234567891", "123456789"),
            ("12345678999", "123456789"), ("123456789999", "123456789"), ("999999999999", "999999999"), ("10", "1"),
            ("100000000", "1"), ("000000001", "000000001"), ("0000000019", "000000001"), ("050", "05"),
            ("100000000000000000000000000000", "1"),
        ]
    )
    func fractions(_ digits: String, _ kept: String) throws {
        let time = try #require(Timestamp(rfc3339: "2026-04-27T10:11:12.\(digits)Z"))
        #expect(written(time) == "2026-04-27T10:11:12.\(kept)Z")
    }

    @Test("a fraction of zeros is none", arguments: ["0", "000", "000000000", "0000000000009"])
    func zeroFractions(_ digits: String) throws {
        #expect(written(try #require(Timestamp(rfc3339: "2026-04-27T10:11:12.\(digits)Z"))) == "2026-04-27T10:11:12Z")
    }

    @Test(
        "is no RFC 3339 time",
        arguments: [
            "", "Z", "2026", "2026-04-27", "2026-04-27T10:11:12", "2026-04-27 10:11:12Z", "2026-04-27t10:11:12Z",
            "2026-04-27T10:11:12z", "2026-04-27T10:11Z", "2026-4-27T10:11:12Z", "2026-04-7T10:11:12Z",
            "26-04-27T10:11:12Z",
            "2026-04-27T1:11:12Z", "02026-04-27T10:11:12Z", "+2026-04-27T10:11:12Z", "-026-04-27T10:11:12Z",
            "20260427T101112Z", "2026/04/27T10:11:12Z", "2026-00-27T10:11:12Z", "2026-13-27T10:11:12Z",
            "2026-04-00T10:11:12Z", "2026-04-31T10:11:12Z", "2026-04-32T10:11:12Z", "2026-02-29T10:11:12Z",
            "2100-02-29T10:11:12Z", "1900-02-29T10:11:12Z", "2024-02-30T10:11:12Z", "2026-06-31T00:00:00Z",
            "2026-09-31T00:00:00Z", "2026-11-31T00:00:00Z", "2026-12-32T00:00:00Z", "2026-04-27T24:00:00Z",
            "2026-04-27T10:60:12Z", "2026-04-27T10:11:60Z", "2016-12-31T23:59:60Z", "2026-04-27T10:11:12.Z",
            "2026-04-27T10:11:12,5Z", "2026-04-27T10:11:12.5", "2026-04-27T10:11:12.-5Z", "2026-04-27T10:11:12.5e3Z",
            "2026-04-27T10:11:12+08", "2026-04-27T10:11:12+0800", "2026-04-27T10:11:12+8:00",
            "2026-04-27T10:11:12+24:00",
            "2026-04-27T10:11:12+08:60", "2026-04-27T10:11:12+08:00Z", "2026-04-27T10:11:12Z+08:00",
            "2026-04-27T10:11:12Zx", " 2026-04-27T10:11:12Z", "2026-04-27T10:11:12Z ", "2026-04-27T10:11:12Z\u{0}",
            "2026-04-27T10:11:12 Z", "２０２６-04-27T10:11:12Z", "2026-04-27T10:11:1\u{661}Z", "2026-04-27T10:11:12−01:00",
            "0000-01-01T00:59:59+01:00", "9999-12-31T23:00:00-01:00",
        ]
    )
    func refuses(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func `every day of the years 0000 to 9999 comes after the one before`() async {
        var expected: Int64 = -62_167_219_200
        for year in 0...9999 {
            if year % 100 == 0 { await Task.yield() }  // Tests beside this one wait for events with deadlines.
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            // The first and the last day of each month, and the day after that.
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in lengths.enumerated() {
                for day in [1, length] {
                    let text = "\(padded(year, 4))-\(padded(month + 1, 2))-\(padded(day, 2))T00:00:00Z"
                    let seconds = expected + Int64(day - 1) * 86_400
                    guard Timestamp(rfc3339: text)?.seconds == seconds,
                        written(Timestamp(seconds: seconds, nanoseconds: 0)) == text
                    else {
                        Issue.record("\(text) is not \(seconds)")
                        return
                    }
                }
                expected += Int64(length) * 86_400
            }
        }
        #expect(expected == 253_402_300_800)
    }

    @Test func `random instants come back`() {
        for _ in 0..<2000 {
            let time = Timestamp(
                seconds: .random(in: -62_167_219_200..<253_402_300_800),
                nanoseconds: .random(in: 0..<1_000_000_000)
            )
            #expect(time.hasRFC3339)
            #expect(Timestamp(rfc3339: written(time)) == time)
        }
    }

    @Test func `what RFC 3339 can write`() {
        for (seconds, can) in [
            (-62_167_219_201, false), (-62_167_219_200, true), (253_402_300_799, true), (253_402_300_800, false),
            (.min, false), (.max, false),
        ] as [(Int64, Bool)] {
            #expect(Timestamp(seconds: seconds, nanoseconds: 999_999_999).hasRFC3339 == can)
        }
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}
