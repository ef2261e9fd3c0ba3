extension Timestamp {
    /// Whether the instant falls into the years 0000 to 9999, which is all that RFC 3339 can write.
    package var hasRFC3339: Bool {
        (-62_167_219_200..<253_402_300_800).contains(seconds)
    }

    /// Writes `YYYY-MM-DDTHH:MM:SS[.fffffffff]Z` with no more fraction digits than needed.
    ///
    /// - Precondition: ``hasRFC3339``.
    package func writeRFC3339(_ write: (UInt8) -> Void) {
        let (day, second) = seconds.quotientAndRemainder(floorDividingBy: 86_400)
        let date = CivilDate(daysSince1970: day)
        Self.digits(date.year, 4, write)
        write(UInt8(ascii: "-"))
        Self.digits(date.month, 2, write)
        write(UInt8(ascii: "-"))
        Self.digits(date.day, 2, write)
        write(UInt8(ascii: "T"))
        Self.digits(second / 3600, 2, write)
        write(UInt8(ascii: ":"))
        Self.digits(second / 60 % 60, 2, write)
        write(UInt8(ascii: ":"))
        Self.digits(second % 60, 2, write)

        if nanoseconds > 0 {
            write(UInt8(ascii: "."))
            var fraction = Int64(nanoseconds)
            var width = 9
            while fraction % 10 == 0 {
                fraction /= 10
                width -= 1
            }
            Self.digits(fraction, width, write)
        }
        write(UInt8(ascii: "Z"))
    }

    private static func digits(_ number: Int64, _ width: Int, _ write: (UInt8) -> Void) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            write(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }

    /// The instant that an RFC 3339 text names, or `nil` when it is none.
    ///
    /// `T` and `Z` are upper case, hours end at 23 and seconds at 59, as Go has it. Digits beyond the ninth of a
    /// fraction are dropped.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(text.utf8)
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T"), let hour = scanner.number(2), scanner.skip(":"),
            let minute = scanner.number(2), scanner.skip(":"), let second = scanner.number(2),
            let date = CivilDate(year: year, month: month, day: day), hour < 24, minute < 60, second < 60
        else { return nil }

        var nanoseconds: UInt32 = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction() else { return nil }
            nanoseconds = fraction
        }
        var offset: Int64 = 0
        if !scanner.skip("Z") {
            let east = scanner.skip("+")
            guard east || scanner.skip("-"), let hours = scanner.number(2), scanner.skip(":"),
                let minutes = scanner.number(2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 60 + minutes) * (east ? 60 : -60)
        }
        let time = hour * 3600 + minute * 60 + second
        self.init(seconds: date.daysSince1970 * 86_400 + time - offset, nanoseconds: nanoseconds)
        guard scanner.isAtEnd, hasRFC3339 else { return nil }
    }
}

/// A day of the proleptic Gregorian calendar.
///
/// Conversions count years from March, so that the leap day is the last one, in eras of 400 years (146 097 days), after
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
private struct CivilDate {
    var year, month, day: Int64

    init(daysSince1970 days: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainder(floorDividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    init?(year: Int64, month: Int64, day: Int64) {
        guard (1...12).contains(month), day >= 1 else { return nil }
        self.year = year
        self.month = month
        self.day = day
        // A day that the month does not have comes back as one of the next month.
        let roundTrip = CivilDate(daysSince1970: daysSince1970)
        guard roundTrip.month == month, roundTrip.day == day else { return nil }
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
    fileprivate func quotientAndRemainder(floorDividingBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Reads fixed-width decimal numbers.
private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<width {
            guard let digit = digit() else { return nil }
            number = number * 10 + digit
        }
        return number
    }

    /// The digits after the point, as nanoseconds.
    mutating func fraction() -> UInt32? {
        guard var digit = digit() else { return nil }
        var nanoseconds: Int64 = 0
        var unit: Int64 = 100_000_000
        while true {
            nanoseconds += digit * unit
            unit /= 10
            guard let next = self.digit() else { return UInt32(nanoseconds) }
            digit = next
        }
    }

    private mutating func digit() -> Int64? {
        guard let byte = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }
}
