import EventCore
import Foundation

/// One line of input.
struct Line: Equatable {
    enum Content: Equatable {
        case bytes(ArraySlice<UInt8>)
        case tooLong(byteCount: Int)
    }

    /// Counted from 1.
    let number: Int
    let content: Content

    /// The envelope that the line holds, or `nil` when it is blank.
    ///
    /// - Throws: What is wrong with the line, and at which byte.
    func envelope() throws(EventError) -> Envelope? {
        switch content {
        case .bytes(let bytes):
            let isBlank = bytes.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            return isBlank ? nil : try Envelope(jsonData: Data(bytes))
        case .tooLong(let byteCount):
            throw .malformedEnvelope(
                "a line of \(byteCount) bytes exceeds the limit at byte \(LineSplitter.defaultMaximumLength)"
            )
        }
    }
}
