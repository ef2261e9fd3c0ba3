public import EventCore

/// What a URL or a configuration sets, checked against the options of its ``Transport``.
///
/// An accessor returns `nil` for an option that is not set, and throws an error that names the option and what was
/// expected. No error and no description shows a value. Asking for an option that the transport does not declare is a
/// programming error and traps.
public struct TransportParameters: Sendable {
    private let scheme: String
    private let options: [TransportOption]
    private let values: [String: [String]]

    init(_ settings: [TransportSetting], of transport: Transport) throws(EventError) {
        scheme = transport.scheme
        options = transport.options
        var values: [String: [String]] = [:]
        for setting in settings {
            guard let option = options.first(where: { $0.name == setting.name }) else {
                let name = TransportURL.quoted(setting.name).map { " \($0)" } ?? ""
                let known = options.isEmpty ? "has no options" : "knows \(options.map(\.name).joined(separator: ", "))"
                throw .invalidConfiguration("unknown option\(name): \(scheme) \(known)")
            }
            guard option.isRepeatable || values[option.name] == nil else {
                throw .invalidConfiguration("\(scheme) option '\(option.name)' is given more than once")
            }
            values[option.name, default: []].append(setting.value)
        }
        self.values = values
    }

    // MARK: Texts

    /// The value of an option, as it stands.
    ///
    /// - Parameter name: An option that is given at most once.
    /// - Returns: The text, which may be empty, or `nil` when it is not set.
    public func text(_ name: String) -> String? {
        declared(name, isRepeatable: false)
        return values[name]?.first
    }

    /// The value of an option that must be set.
    ///
    /// - Parameter name: An option that is given at most once.
    /// - Returns: The text, not empty.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when it is not set, or empty.
    public func require(_ name: String) throws(EventError) -> String {
        guard let text = text(name), !text.isEmpty else {
            throw .invalidConfiguration("\(scheme) needs a value for '\(name)'")
        }
        return text
    }

    /// The values of a repeatable option, in the order given.
    ///
    /// - Parameter name: A repeatable option.
    /// - Returns: The texts; none when it is not set.
    public func texts(_ name: String) -> [String] {
        declared(name, isRepeatable: true)
        return values[name, default: []]
    }

    // MARK: Other kinds of value

    /// The value of an option that is a whole number, in decimal digits.
    ///
    /// - Parameters:
    ///   - name: An option that is given at most once.
    ///   - range: What is allowed.
    /// - Returns: The number, or `nil` when it is not set.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when it is something else.
    public func integer(_ name: String, in range: ClosedRange<Int>) throws(EventError) -> Int? {
        guard let text = text(name) else { return nil }
        let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
        guard digits.allSatisfy(\.isDigit), let number = Int(text), range.contains(number) else {
            let limit =
                range.upperBound == .max
                ? ", at least \(range.lowerBound)" : " from \(range.lowerBound) to \(range.upperBound)"
            throw refusal(of: name, expected: "a whole number\(limit)")
        }
        return number
    }

    /// The value of an option that is a length of time: a number and one of `ns`, `us`, `ms`, `s`, `m` and `h`, as in
    /// `500ms` or `1.5s`.
    ///
    /// - Parameter name: An option that is given at most once.
    /// - Returns: The duration, not negative, or `nil` when it is not set.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when it is something else.
    public func duration(_ name: String) throws(EventError) -> Duration? {
        guard let text = text(name) else { return nil }
        guard let duration = Duration(text) else {
            throw refusal(of: name, expected: "a duration such as 500ms or 1.5s")
        }
        return duration
    }

    /// The value of an option that is `true` or `false`.
    ///
    /// - Parameter name: An option that is given at most once.
    /// - Returns: The truth, or `nil` when it is not set.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when it is something else.
    public func flag(_ name: String) throws(EventError) -> Bool? {
        guard let text = text(name) else { return nil }
        guard let flag = Bool(text) else { throw refusal(of: name, expected: "true or false") }
        return flag
    }

    // MARK: Errors

    /// The error for a value that the transport cannot use, in the words of the other errors.
    ///
    /// - Parameters:
    ///   - name: The option.
    ///   - expected: What its value should have been, such as `an address`; not the value.
    /// - Returns: The error, which names the option.
    public func refusal(of name: String, expected: String) -> EventError {
        .invalidConfiguration("\(scheme) option '\(name)' must be \(expected)")
    }

    private func declared(_ name: String, isRepeatable: Bool) {
        precondition(
            options.contains { $0.name == name && $0.isRepeatable == isRepeatable },
            "the transport \(scheme) declares no \(isRepeatable ? "repeatable" : "single") option \(name)"
        )
    }
}

extension TransportParameters: CustomStringConvertible, CustomReflectable {
    /// The scheme and which options are set, without their values.
    public var description: String {
        let set = options.lazy.map(\.name).filter { values[$0] != nil }
        return "\(scheme):" + (set.isEmpty ? "" : "?" + set.map { "\($0)=…" }.joined(separator: "&"))
    }

    /// Shows nothing, so that dumping it shows no secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
