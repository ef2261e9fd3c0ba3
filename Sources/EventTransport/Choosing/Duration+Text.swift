extension Duration {
    /// Creates a duration from digits, which may have a fraction of up to 15, and a unit: `ns`, `us`, `ms`, `s`, `m` or `h`.
    ///
    /// Returns `nil` for anything else, and for what does not fit. What is below an attosecond is cut off.
    package init?(_ text: String) {
        let whole = text.utf8.prefix(while: \.isDigit)
        var rest = text.utf8[whole.endIndex...]
        var fraction = text.utf8.prefix(0)
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: \.isDigit)
            rest = rest[fraction.endIndex...]
            guard !fraction.isEmpty, fraction.count <= 15 else { return nil }
        }
        guard let count = Int128(Substring(whole)), let unit = Self.attoseconds(of: Substring(rest)) else { return nil }
        var (part, scale): (Int128, Int128) = (0, 1)
        for digit in fraction { (part, scale) = (part * 10 + Int128(digit - UInt8(ascii: "0")), scale * 10) }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        let total = product + part * unit / scale
        guard total / Self.second <= Int64.max else { return nil }
        self.init(attoseconds: total)
    }

    private static let second: Int128 = 1_000_000_000_000_000_000

    private static func attoseconds(of unit: Substring) -> Int128? {
        switch unit {
        case "ns": second / 1_000_000_000
        case "us": second / 1_000_000
        case "ms": second / 1000
        case "s": second
        case "m": second * 60
        case "h": second * 3600
        default: nil
        }
    }
}
