import ArgumentParser
import EventCore

/// One `--header KEY=VALUE`: a header that an envelope must have, or is given.
///
/// Keys and values are compared by their bytes, as everywhere on a bus, while Swift takes `é` and `e` with an accent for
/// the same.
struct HeaderArgument {
    let key: String
    let value: String

    /// Takes `KEY=VALUE` apart; the value may be empty and may hold further `=`.
    init(argument: String) throws(ValidationError) {
        let text = NegativeArguments.restored(argument).unicodeScalars
        // By scalars: an accent that follows would make one character of it and the `=`.
        guard let separator = text.firstIndex(of: "=") else {
            throw ValidationError("there is no '=' between KEY and VALUE")
        }
        guard separator > text.startIndex else { throw ValidationError("KEY is empty") }
        key = String(text[..<separator])
        value = String(text[text.index(after: separator)...])
    }

    /// Whether an envelope has this header.
    func isThere(in envelope: Envelope) -> Bool {
        envelope.header(named: key)?.hasBytes(of: value) == true
    }
}

extension HeaderArgument: Equatable {
    static func == (left: HeaderArgument, right: HeaderArgument) -> Bool {
        left.key.hasBytes(of: right.key) && left.value.hasBytes(of: right.value)
    }
}

extension String {
    /// Whether two texts have the same bytes.
    func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
