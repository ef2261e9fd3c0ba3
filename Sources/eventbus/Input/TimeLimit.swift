import ArgumentParser
import EventCore
import EventTransport

/// A length of time as an argument: `500ms`, `1.5s`, `2m`, or a number of seconds such as `0.5`.
struct TimeLimit: ExpressibleByArgument, CustomStringConvertible, Sendable {
    let duration: Duration
    let description: String

    init?(argument: String) {
        if let duration = Duration(decimal: argument) {
            self.init(duration, argument)
        } else if let duration = Duration(decimal: "\(argument)s") {
            self.init(duration, "\(argument)s")
        } else {
            return nil
        }
    }

    private init(_ duration: Duration, _ description: String) {
        self.duration = duration
        self.description = description
    }

    /// The end of so much time from now on.
    var deadline: ContinuousClock.Instant { .now + duration.bounded }

    static func seconds(_ count: Int) -> TimeLimit {
        TimeLimit(.seconds(count), "\(count)s")
    }
}

extension Duration {
    /// Creates a duration from digits, which may have a fraction, and a unit.
    fileprivate init?(decimal text: String) {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else {
            self.init(text)
            return
        }
        let rest = text.utf8[text.utf8.index(after: point)...]
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        let unit = text[digits.endIndex...]
        guard !digits.isEmpty, let fraction = Double("0.\(text[digits.startIndex..<digits.endIndex])"),
            let whole = Duration("\(text[..<point])\(unit)"), let one = Duration("1\(unit)")
        else { return nil }
        self = whole + one * fraction
    }
}
