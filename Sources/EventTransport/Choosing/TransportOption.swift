/// A setting that a ``Transport`` understands, named as in `scheme:?name=value`.
///
/// A string literal makes one that is given at most once: `"linger"`.
public struct TransportOption: Sendable, Hashable {
    /// What it is called; case matters.
    public let name: String
    /// Whether it may be given several times, for a list of values.
    public let isRepeatable: Bool
    /// Whether a configuration reader is to keep its value out of access logs.
    ///
    /// No error or description of this package shows the value of any option, secret or not.
    public let isSecret: Bool

    private init(_ name: String, isRepeatable: Bool, isSecret: Bool) {
        let isWord = !name.isEmpty && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "-") }
        precondition(isWord, "an option is named by ASCII letters, digits and '-'")
        self.name = name
        self.isRepeatable = isRepeatable
        self.isSecret = isSecret
    }

    /// An option that is given at most once.
    ///
    /// - Parameter name: What it is called: ASCII letters, digits and `-`.
    /// - Returns: The option.
    public static func single(_ name: String) -> TransportOption {
        TransportOption(name, isRepeatable: false, isSecret: false)
    }

    /// An option that may be given several times.
    ///
    /// - Parameter name: What it is called: ASCII letters, digits and `-`.
    /// - Returns: The option.
    public static func repeatable(_ name: String) -> TransportOption {
        TransportOption(name, isRepeatable: true, isSecret: false)
    }

    /// An option that is given at most once, such as a password.
    ///
    /// - Parameter name: What it is called: ASCII letters, digits and `-`.
    /// - Returns: The option.
    public static func secret(_ name: String) -> TransportOption {
        TransportOption(name, isRepeatable: false, isSecret: true)
    }
}

extension TransportOption: ExpressibleByStringLiteral {
    /// Creates an option that is given at most once.
    ///
    /// - Parameter name: What it is called: ASCII letters, digits and `-`.
    public init(stringLiteral name: String) {
        self = .single(name)
    }
}
