/// The compact form of an envelope, which buses send each other: its subject between two bytes that no text holds, and then
/// fields.
///
/// A field is a byte that names it, the length of its value as a varint, and the value. Fields come in any order, except
/// that the payload, which is there in any case, ends the envelope; another one of the same subject may follow. What names no
/// field of these is skipped. Numbers are written with the highest byte first.
package enum CompactForm {
    package static let firstByte: UInt8 = 0xFE
    package static let endOfSubject: UInt8 = 0xFF

    /// How many envelopes a frame has at most: an envelope may be two bytes long, and takes hundreds where it is read.
    package static let greatestEnvelopeCount = 1024

    enum Field {
        static let payload: UInt8 = 0
        /// Eight bytes: its number among all that the origin has published.
        static let number: UInt8 = 1
        /// Twelve bytes: an xid.
        static let id: UInt8 = 2
        /// Any other id.
        static let text: UInt8 = 3
        /// Eight bytes, nanoseconds since 1970; or twelve, seconds and nanoseconds of these.
        static let time: UInt8 = 4
        /// Twelve bytes, an xid: who published it, where the connection does not say so.
        static let origin: UInt8 = 5
        static let source: UInt8 = 6
        static let traceID: UInt8 = 7
        static let spanID: UInt8 = 8
        /// The length of the name as a varint, the name, the value.
        static let header: UInt8 = 9
    }

    /// Whether bytes begin as a frame with a subject does.
    package static func begins(_ frame: Span<UInt8>, with subject: Span<UInt8>) -> Bool {
        let end = 1 + subject.count
        guard frame.count > end, frame[0] == firstByte, frame[end] == endOfSubject else { return false }
        // Of what is no text a frame would have a part as its subject.
        return (0..<subject.count).allSatisfy { frame[1 + $0] == subject[$0] && subject[$0] != endOfSubject }
    }

    /// Where the number stands behind the beginning of an envelope's fields, of which it is the first.
    package static let offsetOfNumber = 2

    /// Where the number of the first envelope stands in a frame.
    package static func placeOfNumber(subjectCount: Int) -> Int { 2 + subjectCount + offsetOfNumber }

    /// What ``CompactWriter`` writes beside subject and fields, and the greatest subject.
    package static let greatestSubjectCount = 2 + Subject.maximumUTF8Count
}
