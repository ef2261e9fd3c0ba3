import EventCore
import Foundation

/// One line of input.
struct Line: Equatable {
    enum Content: Equatable {
        case bytes(ArraySlice<UInt8>)
        case tooLong(byteCount: Int)
        /// The input is no UTF-8, and has no more lines.
        case utf16
    }

    /// Counted from 1.
    let number: Int
    let content: Content

    /// Reads the envelope that the line holds.
    ///
    /// - Parameter limits: How much it may hold.
    /// - Returns: The envelope, or `nil` when the line is blank.
    /// - Throws: What is wrong with the line, and at which byte.
    func envelope(_ limits: EnvelopeLimits = .standard) throws(EventError) -> Envelope? {
        switch content {
        case .bytes(let bytes):
            let isBlank = bytes.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard !isBlank else { return nil }
            let envelope = try Envelope(jsonData: Data(bytes))
            try limits.check(envelope, lineOf: bytes.count)
            return envelope
        case .tooLong(let byteCount):
            throw .malformedEnvelope("a line of \(byteCount) bytes exceeds the limit at byte \(limits.line)")
        case .utf16:
            throw .malformedEnvelope(TextEncoding.utf16Fault)
        }
    }
}
