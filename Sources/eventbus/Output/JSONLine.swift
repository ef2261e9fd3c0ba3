import EventCore
import Foundation

extension [UInt8] {
    /// Makes one line of the JSON that is there from an offset on, without changing what it means.
    ///
    /// A payload of several lines loses all its white space, another one stays as it is. Characters that end a line
    /// somewhere, or steer a terminal, are escaped; in JSON they stand in strings only.
    mutating func putOnOneLine(from start: Int) {
        guard span.extracting(start..<count).holdsControl else { return }
        if self[start...].contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            removeJSONSpace(from: start)
        }
        let text = String(decoding: self[start...], as: UTF8.self)
        removeSubrange(start...)
        appendEscaped(text)
    }

    private mutating func removeJSONSpace(from start: Int) {
        var (end, isInString, isEscaped) = (start, false, false)
        for index in start..<count {
            let byte = self[index]
            if isInString {
                if byte == UInt8(ascii: "\""), !isEscaped { isInString = false }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            } else if byte <= 0x20 {
                continue
            } else {
                isInString = byte == UInt8(ascii: "\"")
            }
            self[end] = byte
            end += 1
        }
        removeSubrange(end...)
    }

    private mutating func appendEscaped(_ text: String) {
        for scalar in text.unicodeScalars {
            // Those of ASCII are white space between values here.
            if scalar.isControl, scalar.value >= 0x7F {
                let digits = String(scalar.value, radix: 16)
                append(contentsOf: "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
            } else {
                append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}
