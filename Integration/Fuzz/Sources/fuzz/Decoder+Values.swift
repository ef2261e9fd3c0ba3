@testable import EventCore
@testable import EventTransport
@testable import EventZMQ

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Decoder {
    /// Subjects and patterns are what a grammar of a few lines says, and match as its segments do.
    ///
    /// The first frame is a pattern, the second a subject.
    static let subjectAndPattern = Decoder(name: "subject-and-pattern") { input in
        let texts = input.frames.prefix(2).map(\.text)
        let pattern = try? Pattern(validating: texts[0])
        require((pattern != nil) == isWellFormed(texts[0], isPattern: true), "another opinion on the pattern")
        guard texts.count == 2 else { return }
        let subject = try? Subject(validating: texts[1])
        require((subject != nil) == isWellFormed(texts[1], isPattern: false), "another opinion on the subject")

        guard let subject else { return }
        require((try? Subject(segments: subject.segments.map(String.init))) == subject, "another subject")
        require(Pattern(subject).matches(subject), "does not match itself")
        guard let pattern else { return }
        let isMatch = pattern.matches(subject)
        require(isMatch == matches(segments(texts[0])[...], segments(texts[1])[...]), "another opinion on the match")
        require(!isMatch || WirePrefix(of: pattern).covers(subject), "a match that would not be sent")
        var index = PatternIndex<Int>()
        index.insert(1, for: pattern)
        require(index.matches(of: subject) == (isMatch ? [1] : []), "another match in the index")
        require(index.remove(1, for: pattern) && index.matches(of: subject).isEmpty, "is not removed")
    }

    private static func segments(_ text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    }

    private static func isWellFormed(_ text: String, isPattern: Bool) -> Bool {
        guard text.utf8.count <= 1024 else { return false }
        let segments = segments(text)
        return segments.indices.allSatisfy { place in
            let segment = segments[place]
            if isPattern, segment.elementsEqual("*".utf8) { return true }
            if isPattern, segment.elementsEqual(">".utf8) { return place == segments.count - 1 }
            return !segment.isEmpty && !segment.contains(UInt8(ascii: "*")) && !segment.contains(UInt8(ascii: ">"))
        }
    }

    private static func matches(
        _ pattern: ArraySlice<ArraySlice<UInt8>>,
        _ subject: ArraySlice<ArraySlice<UInt8>>
    ) -> Bool {
        guard let wanted = pattern.first, let segment = subject.first else { return pattern.isEmpty && subject.isEmpty }
        if wanted.elementsEqual(">".utf8) { return true }
        guard wanted.elementsEqual("*".utf8) || wanted == segment else { return false }
        return matches(pattern.dropFirst(), subject.dropFirst())
    }

    /// A field is read when W3C Trace Context, section 3.2, has it, and comes back.
    static let traceParent = Decoder(name: "trace-parent") { input in
        let parent = TraceParent(input.text)
        if let parent { require(TraceParent(parent.field) == parent, "another parent") }
        guard input.allSatisfy({ $0 < 0x80 }) else { return }
        require((parent != nil) == isTraceParent(input), "another opinion")
    }

    private static func isTraceParent(_ field: [UInt8]) -> Bool {
        guard field.count >= 55, [2, 35, 52].allSatisfy({ field[$0] == UInt8(ascii: "-") }) else { return false }
        let parts = [field[0..<2], field[3..<35], field[36..<52], field[53..<55]]
        let isHexadecimal = parts.joined().allSatisfy { "0123456789abcdef".utf8.contains($0) }
        let isSet = !parts[1...2].contains { $0.allSatisfy { $0 == UInt8(ascii: "0") } }
        let isLong = field.count > 55
        guard isHexadecimal, isSet, parts[0].text != "ff" else { return false }
        return !isLong || parts[0].text != "00" && field[55] == UInt8(ascii: "-")
    }

    /// A time that was read comes back, and so does any number of seconds that has a text; a date may be any number.
    static let timestamp = Decoder(name: "timestamp") { input in
        if let time = Timestamp(rfc3339: input.text) { require(time.isWritten, "another time") }
        let number = input.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let nanoseconds = input.dropFirst(8).prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } % 1_000_000_000
        // Shifted so far that many of them fall into the years that have a text.
        let time = Timestamp(seconds: Int64(bitPattern: number) >> 26, nanoseconds: nanoseconds)
        if time.hasRFC3339 { require(time.isWritten, "another time") }
        let held = Timestamp(Date(timeIntervalSinceReferenceDate: Double(bitPattern: number)))
        require(held.nanoseconds < 1_000_000_000, "more than a second")
        require(Timestamp(held.date).hasRFC3339 == held.hasRFC3339 || held.isNearBound, "another year")
    }
}

extension Timestamp {
    /// Whether it comes back from its text.
    fileprivate var isWritten: Bool { hasRFC3339 && Timestamp(rfc3339: rfc3339) == self }

    /// Whether rounding may take it into a year without a text, or out of one.
    fileprivate var isNearBound: Bool {
        abs(seconds - 253_402_300_800) < 2 || abs(seconds + 62_167_219_200) < 2
    }
}

extension ArraySlice<UInt8> {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
