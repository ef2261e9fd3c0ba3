package import EventCore

/// One `name=value`, decoded.
package struct TransportSetting: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// The text that chooses a bus, taken apart: `scheme:`, or `scheme:?name=value&name=value`, or with `//host,host` before
/// the `?`.
///
/// Names and values are percent-encoded UTF-8; `+` is a plus. What must be encoded is `&`, `#`, `%`, white space and
/// control characters, and `=` in a name. No message repeats a value.
package struct TransportURL: Sendable, Hashable {
    /// In lower case.
    package let scheme: String
    /// In the order of the text.
    package let settings: [TransportSetting]
    /// What stands between `//` and `?`, between commas; `nil` where there is no `//`.
    package let hosts: [String]?

    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` that names the fault.
    package init(validating text: String) throws(EventError) {
        let bytes = Array(text.utf8)
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), Self.isScheme(bytes[..<colon]) else {
            throw .invalidConfiguration("the bus has no scheme; it is written like memory: or zmq:?subscribe=…")
        }
        scheme = String(decoding: bytes[..<colon], as: UTF8.self).lowercased()
        var rest = bytes[(colon + 1)...]
        (hosts, rest) = try Self.hosts(rest)
        guard let mark = rest.first else {
            settings = []
            return
        }
        guard mark == UInt8(ascii: "?") else {
            throw .invalidConfiguration("after \(scheme): comes nothing, or a '?' and options")
        }
        settings = try Self.settings(rest.dropFirst())
    }

    /// The scheme that a text begins with, before its colon, or `nil` when there is none.
    static func scheme(of text: String) -> String? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), isScheme(text.utf8[..<colon]) else { return nil }
        return String(text[..<colon])
    }

    /// Whether text is a scheme as RFC 3986 has it.
    static func isScheme(_ text: some Collection<UInt8>) -> Bool {
        guard let first = text.first, first.isLetter else { return false }
        return text.allSatisfy { $0.isLetter || $0.isDigit || "+-.".utf8.contains($0) }
    }

    /// Takes the hosts from the front.
    private static func hosts(
        _ text: ArraySlice<UInt8>
    ) throws(EventError) -> (hosts: [String]?, rest: ArraySlice<UInt8>) {
        guard text.starts(with: "//".utf8) else { return (nil, text) }
        let hosts = text.dropFirst(2).prefix { $0 != UInt8(ascii: "?") }
        // They are not repeated: there may be a password before an '@'.
        guard hosts.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "/") }) else {
            throw .invalidConfiguration("between '//' and '?' stand hosts alone, without a path, white space or '#'")
        }
        let texts = hosts.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return (texts.map { String(decoding: $0, as: UTF8.self) }, text[hosts.endIndex...])
    }

    private static func settings(_ query: ArraySlice<UInt8>) throws(EventError) -> [TransportSetting] {
        guard !query.isEmpty else { return [] }
        var settings: [TransportSetting] = []
        let parts = query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let position = "option \(index + 1)"
            guard !part.isEmpty else { throw .invalidConfiguration("\(position) is empty: an '&' too many") }
            // The text is not repeated: it may be the end of a password that holds an '&'.
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw .invalidConfiguration("\(position) has no '='; in a value, '&' is written %26")
            }
            let name = try decode(part[..<equals], "the name of \(position)")
            guard !name.isEmpty else { throw .invalidConfiguration("\(position) has no name before its '='") }
            let value = try decode(part[(equals + 1)...], "the value of \(quoted(name) ?? position)")
            settings.append(TransportSetting(name: name, value: value))
        }
        return settings
    }

    /// A name as messages show it, or `nil` when it is no plain word: that may be a value gone astray, or steer a terminal.
    static func quoted(_ name: String) -> String? {
        let isPlain =
            name.utf8.count <= 64 && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-_.".utf8.contains($0) }
        return isPlain && !name.isEmpty ? "'\(name)'" : nil
    }

    private static func decode(_ text: ArraySlice<UInt8>, _ label: String) throws(EventError) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue else {
                    throw .invalidConfiguration("\(label) has a '%' without two hexadecimal digits; '%' itself is %25")
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "#"):
                throw .invalidConfiguration("\(label) has a '#', which is written %23")
            case 0...0x20, 0x7F:
                throw .invalidConfiguration("\(label) has white space or a control character; a space is written %20")
            default:
                decoded.append(byte)
            }
        }
        guard let result = String(validating: decoded, as: UTF8.self) else {
            throw .invalidConfiguration("\(label) is not UTF-8 when decoded")
        }
        return result
    }
}

extension UInt8 {
    /// Whether this is an ASCII letter.
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }

    /// Whether this is an ASCII digit.
    var isDigit: Bool { (0x30...0x39).contains(self) }

    fileprivate var hexadecimalValue: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x41 + 10
        case 0x61...0x66: self - 0x61 + 10
        default: nil
        }
    }
}
