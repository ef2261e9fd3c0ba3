import EventCore

/// How subjects and patterns are written on the wire, and read again.
///
/// libnats looks at no subject: one with a line end would be read as protocol by the server. So each byte that the
/// protocol gives a meaning to is written `%XX`, and so is the percent sign. A first byte `$` or `_` is, too, since what
/// begins with those belongs to the server, to inboxes and to the bus itself. Usual subjects stay as they are.
enum SubjectEscape {
    private static let percent = UInt8(ascii: "%")
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Whether a byte is written as an escape; `isFirst` when it begins the subject.
    private static func isEscaped(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case 0...0x20, 0x7F, percent: true
        case UInt8(ascii: "$"), UInt8(ascii: "_"): isFirst
        default: false
        }
    }

    /// Appends what a subject or pattern is on the wire.
    ///
    /// - Complexity: O(*n*) in the length of the text.
    static func append(_ text: String, to wire: inout [UInt8]) {
        var isFirst = true
        for byte in text.utf8 {
            if isEscaped(byte, isFirst: isFirst) {
                wire += escape(of: byte)
            } else {
                wire.append(byte)
            }
            isFirst = false
        }
    }

    /// What stands for a byte.
    static func escape(of byte: UInt8) -> [UInt8] { [percent, digits[Int(byte >> 4)], digits[Int(byte & 0xF)]] }

    /// Whether reading would change anything.
    static func isPlain(_ wire: Span<UInt8>) -> Bool {
        for index in wire.indices where wire[index] == percent { return false }
        return true
    }

    /// The text that was written as `wire`; what is no escape that ``append(_:to:)`` writes stands for itself.
    static func text(of wire: Span<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(wire.count)
        var index = 0
        while index < wire.count {
            if wire[index] == percent, index + 2 < wire.count, let high = value(of: wire[index + 1]),
                let low = value(of: wire[index + 2]), isEscaped(high << 4 | low, isFirst: index == 0)
            {
                text.append(high << 4 | low)
                index += 3
            } else {
                text.append(wire[index])
                index += 1
            }
        }
        return text
    }

    private static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
