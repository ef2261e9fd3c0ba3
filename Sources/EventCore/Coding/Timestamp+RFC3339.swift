extension Timestamp {
    /// Whether the instant falls into the years 0000 to 9999, which is all that RFC 3339 can write.
    package var hasRFC3339: Bool {
        (-62_167_219_200..<253_402_300_800).contains(seconds)
    }

    /// `YYYY-MM-DDTHH:MM:SS[.fffffffff]Z` with no more fraction digits than needed.
    ///
    /// - Precondition: ``hasRFC3339``.
    package var rfc3339: String {
        ByteWriter.with { output in
            output.append(self)
            return output.withBytes { $0.text(in: 0..<$0.count) }
        }
    }

    /// The instant that an RFC 3339 text names, or `nil` when it is none.
    ///
    /// `T` and `Z` are upper case, hours end at 23 and seconds at 59, as Go has it. Digits beyond the ninth of a
    /// fraction are dropped.
    package init?(rfc3339 text: String) {
        var text = text
        let time = text.withUTF8 { bytes in Self(rfc3339: unsafe Span(_unsafeElements: bytes)) }
        guard let time else { return nil }
        self = time
    }

    init?(rfc3339 text: Span<UInt8>) {
        var scanner = DigitScanner()
        guard let year = scanner.number(4, in: text), scanner.skip("-", in: text),
            let month = scanner.number(2, in: text), scanner.skip("-", in: text),
            let day = scanner.number(2, in: text), scanner.skip("T", in: text),
            let hour = scanner.number(2, in: text), scanner.skip(":", in: text),
            let minute = scanner.number(2, in: text), scanner.skip(":", in: text),
            let second = scanner.number(2, in: text),
            let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second < 60
        else { return nil }

        var nanoseconds: UInt32 = 0
        if scanner.skip(".", in: text) {
            guard let fraction = scanner.fraction(in: text) else { return nil }
            nanoseconds = fraction
        }
        var offset: Int64 = 0
        if !scanner.skip("Z", in: text) {
            let east = scanner.skip("+", in: text)
            guard east || scanner.skip("-", in: text), let hours = scanner.number(2, in: text),
                scanner.skip(":", in: text), let minutes = scanner.number(2, in: text), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (east ? 60 : -60)
        }
        let time = hour * 3600 + minute * 60 + second
        self.init(seconds: date.daysSince1970 * 86_400 + time - offset, nanoseconds: nanoseconds)
        guard scanner.offset == text.count, hasRFC3339 else { return nil }
    }
}

extension ByteWriter {
    /// Writes `YYYY-MM-DDTHH:MM:SS[.fffffffff]Z` with no more fraction digits than needed.
    ///
    /// - Precondition: ``Timestamp/hasRFC3339``.
    mutating func append(_ time: Timestamp) {
        let (day, second) = time.seconds.quotientAndRemainder(floorDividingBy: 86_400)
        let date = CivilDate(daysSince1970: day)
        let clock = UInt32(truncatingIfNeeded: second)
        let year = UInt32(truncatingIfNeeded: date.year)
        let start = count
        append("0000-00-00T00:00:00")
        overwrite(pair: year / 100, at: start)
        overwrite(pair: year % 100, at: start &+ 2)
        overwrite(pair: UInt32(truncatingIfNeeded: date.month), at: start &+ 5)
        overwrite(pair: UInt32(truncatingIfNeeded: date.day), at: start &+ 8)
        overwrite(pair: clock / 3600, at: start &+ 11)
        overwrite(pair: clock / 60 % 60, at: start &+ 14)
        overwrite(pair: clock % 60, at: start &+ 17)

        if time.nanoseconds > 0 {
            append(".0000000000")
            // Nine digits and a tenth, a zero that goes with the others at the end.
            overwrite(pair: time.nanoseconds / 10_000_000, at: start &+ 20)
            overwrite(pair: time.nanoseconds / 100_000 % 100, at: start &+ 22)
            overwrite(pair: time.nanoseconds / 1000 % 100, at: start &+ 24)
            overwrite(pair: time.nanoseconds / 10 % 100, at: start &+ 26)
            overwrite(pair: time.nanoseconds % 10 * 10, at: start &+ 28)
            removeTrailingZeros()
        }
        append("Z")
    }
}

/// A day of the proleptic Gregorian calendar.
///
/// Conversions count years from March, so that the leap day is the last one, in eras of 400 years (146 097 days), after
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
private struct CivilDate {
    var year, month, day: Int64

    init(daysSince1970 days: Int64) {
        let (era, rest) = (days + 719_468).quotientAndRemainder(floorDividingBy: 146_097)
        // Within an era all numbers are small, and 32 bits without a sign are divided with fewer instructions.
        let dayOfEra = UInt32(truncatingIfNeeded: rest)
        let yearOfEra = (dayOfEra &- dayOfEra / 1460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let monthFromMarch = (5 &* dayOfYear &+ 2) / 153
        day = Int64(dayOfYear &- (153 &* monthFromMarch &+ 2) / 5 &+ 1)
        month = Int64(monthFromMarch < 10 ? monthFromMarch &+ 3 : monthFromMarch &- 9)
        year = Int64(yearOfEra) + era * 400 + (month <= 2 ? 1 : 0)
    }

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), (1...Self.length(ofMonth: month, in: year)).contains(day) else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    private static func length(ofMonth month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    var daysSince1970: Int64 {
        let yearFromMarch = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = yearFromMarch.quotientAndRemainder(floorDividingBy: 400)
        let monthFromMarch = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    func quotientAndRemainder(floorDividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Reads fixed-width decimal numbers from a text, one after the other.
private struct DigitScanner {
    private(set) var offset = 0

    mutating func skip(_ character: Unicode.Scalar, in text: Span<UInt8>) -> Bool {
        guard offset < text.count, text[offset] == UInt8(ascii: character) else { return false }
        offset &+= 1
        return true
    }

    mutating func number(_ width: Int, in text: Span<UInt8>) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit(in: text) else { return nil }
            number = number &* 10 &+ digit
        }
        return number
    }

    /// The digits after the point, as nanoseconds.
    mutating func fraction(in text: Span<UInt8>) -> UInt32? {
        guard var digit = digit(in: text) else { return nil }
        var nanoseconds: Int64 = 0
        var unit: Int64 = 100_000_000
        while true {
            nanoseconds += digit * unit
            unit /= 10
            guard let next = self.digit(in: text) else { return UInt32(nanoseconds) }
            digit = next
        }
    }

    private mutating func digit(in text: Span<UInt8>) -> Int64? {
        guard offset < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[offset]) else { return nil }
        defer { offset &+= 1 }
        return Int64(text[offset] &- UInt8(ascii: "0"))
    }
}
