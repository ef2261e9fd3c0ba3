import Foundation
import Testing

@testable import EventCore

/// A document in which `▲` marks the byte where a fault is; the mark itself is not part of it.
struct MarkedJSON: CustomTestStringConvertible {
    var testDescription: String
    var data: Data
    var offset: Int
    var fault: String

    init(_ text: String, _ fault: String) {
        let parts = text.components(separatedBy: "▲")
        precondition(parts.count == 2, "one mark, not \(parts.count - 1), in \(text)")
        self.init(parts[0].utf8, parts[1].utf8, fault)
        testDescription = text
    }

    init(_ before: some Sequence<UInt8>, _ after: some Sequence<UInt8>, _ fault: String) {
        data = Data(before)
        offset = data.count
        data.append(contentsOf: after)
        self.fault = fault
        testDescription = data.map { String($0, radix: 16) }.joined(separator: " ")
    }

    /// Decoding must fail with the fault at its offset.
    func expectRefusal(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let error = try #require(throws: EventError.self, sourceLocation: sourceLocation) {
            try Envelope(jsonData: data)
        }
        #expect(error == .malformedEnvelope(error.fault), sourceLocation: sourceLocation)
        #expect(error.fault.contains(fault), sourceLocation: sourceLocation)
        #expect(error.fault.hasSuffix(" at byte \(offset)"), sourceLocation: sourceLocation)
    }
}
