extension Duration {
    /// Creates a duration from digits and a unit: `ns`, `us`, `ms`, `s`, `m` or `h`.
    ///
    /// Returns `nil` for anything else, and for what does not fit.
    package init?(_ text: String) {
        let digits = text.utf8.prefix(while: \.isDigit)
        guard let count = Int64(text[..<digits.endIndex]) else { return nil }
        switch text[digits.endIndex...] {
        case "ns": self = .nanoseconds(count)
        case "us": self = .microseconds(count)
        case "ms": self = .milliseconds(count)
        case "s": self = .seconds(count)
        case "m": self.init(count, times: 60)
        case "h": self.init(count, times: 3600)
        default: return nil
        }
    }

    private init?(_ count: Int64, times seconds: Int64) {
        let (product, overflow) = count.multipliedReportingOverflow(by: seconds)
        guard !overflow else { return nil }
        self = .seconds(product)
    }
}
