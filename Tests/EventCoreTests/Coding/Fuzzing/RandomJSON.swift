import Foundation

@testable import EventCore

/// Makes well-formed JSON in all its spellings, and envelopes that hold it.
struct RandomJSON {
    var generator: SplitMix64

    private static let scalars: [ClosedRange<UInt32>] = [
        0x00...0x7F, 0x20...0x7E, 0x20...0x7E, 0x80...0x7FF, 0x800...0xFFFF, 0x2027...0x202A, 0x10000...0x10FFFF,
        0x22...0x26, 0x3C...0x3E, 0x5C...0x5C, 0x2E...0x2E, 0x300...0x304,
    ]

    /// Up to twelve scalars from everywhere in Unicode.
    mutating func text() -> String {
        var text = ""
        for _ in 0..<generator.below(13) {
            let range = generator.pick(Self.scalars)
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// One JSON value with at most `depth` levels below it.
    mutating func value(depth: Int = 4) -> String {
        switch generator.below(depth > 0 ? 9 : 6) {
        case 0: generator.pick(["null", "true", "false"])
        case 1, 2: number()
        case 3, 4, 5: string()
        case 6: "[\(elements { $0.value(depth: depth - 1) })]"
        default: "{\(elements { "\($0.string())\($0.space()):\($0.space())\($0.value(depth: depth - 1))" })}"
        }
    }

    private mutating func elements(_ element: (inout RandomJSON) -> String) -> String {
        let elements = (0..<generator.below(4)).map { _ in space() + element(&self) + space() }
        return elements.isEmpty ? space() : elements.joined(separator: ",")
    }

    private mutating func space() -> String {
        generator.chance(80) ? "" : generator.pick([" ", "\n", "\t ", "\r\n"])
    }

    private mutating func number() -> String {
        var text = generator.chance(30) ? "-" : ""
        text += generator.pick(["0", "1", "10", "123456789012345678901234567890", "\(generator.next())"])
        if generator.chance(40) { text += "." + generator.pick(["0", "50", "000000001", "1234567890123456789"]) }
        if generator.chance(30) {
            text += generator.pick(["e", "E"]) + generator.pick(["5", "+10", "-7", "00", "400"])
        }
        return text
    }

    /// A string some of whose characters are escaped, needed or not.
    private mutating func string() -> String {
        var string = "\""
        for scalar in text().unicodeScalars {
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if mustEscape || generator.chance(10) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: generator.chance(50))
                    string += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                string.unicodeScalars.append(scalar)
            }
        }
        if generator.chance(10) { string += generator.pick(["\\n", "\\/", "\\ud800", "\\b", "\\\"", "\\\\"]) }
        return string + "\""
    }

    mutating func subject() -> Subject {
        let text = String(String.UnicodeScalarView(text().unicodeScalars.filter { !"*>.".unicodeScalars.contains($0) }))
        return (try? Subject(segments: [text, "s", text])) ?? "random.subject"
    }

    /// An envelope with any of its parts missing.
    mutating func envelope() -> Envelope {
        var fields = Envelope.Fields(subject: subject())
        fields.id = text()
        if generator.chance(80) {
            fields.time = Timestamp(
                seconds: .random(in: -62_167_219_200..<253_402_300_800, using: &generator),
                nanoseconds: .random(in: 0..<1_000_000_000, using: &generator)
            )
        }
        for part in [\.source, \.traceID, \.spanID] as [WritableKeyPath<Envelope.Fields, String?>] {
            let text = text()
            if generator.chance(50), !text.isEmpty { fields[keyPath: part] = text }
        }
        for _ in 0..<generator.below(4) { fields.headers[text()] = text() }
        if generator.chance(80) { fields.payload = Data(value().utf8) }
        return Envelope(fields)
    }
}
