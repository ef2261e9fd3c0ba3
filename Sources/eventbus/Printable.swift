extension UInt8 {
    /// Whether this is a control character of ASCII.
    var isControl: Bool { self < 0x20 || self == 0x7F }
}

extension String {
    /// The text with control characters escaped, so that it stays on its line and cannot steer a terminal.
    var printable: String {
        guard utf8.contains(where: \.isControl) else { return self }
        return unicodeScalars.reduce(into: "") { result, scalar in
            let isControl = UInt8(exactly: scalar.value)?.isControl ?? false
            result += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
