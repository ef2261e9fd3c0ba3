import ArgumentParser

/// One `--header KEY=VALUE`: a header that an envelope must have, or is given.
struct HeaderArgument: Equatable {
    let key: String
    let value: String

    /// Takes `KEY=VALUE` apart; the value may be empty and may hold further `=`.
    init(argument: String) throws(ValidationError) {
        guard let separator = argument.firstIndex(of: "=") else {
            throw ValidationError("there is no '=' between KEY and VALUE")
        }
        guard separator > argument.startIndex else { throw ValidationError("KEY is empty") }
        key = String(argument[..<separator])
        value = String(argument[argument.index(after: separator)...])
    }
}
