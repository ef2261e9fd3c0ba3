import EventCore
import Foundation
import Testing

extension FieldCase {
    /// Subjects, envelopes, payloads and errors.
    static let values = [
        FieldCase("raw bytes of a payload come back as they were, digits included") {
            let envelope = Envelope(subject: "a", rawPayload: Data("12345678901234567890".utf8))
            let copy = try Envelope(jsonData: envelope.jsonData())
            #expect(copy.payload == envelope.payload)
        }
    ]
}
