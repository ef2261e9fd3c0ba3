import Foundation
import Testing

@testable import EventCore

@Suite struct EnvelopeCopyTests {
    /// One way to change an envelope.
    struct Change: CustomTestStringConvertible {
        var testDescription: String
        var apply: @Sendable (inout Envelope) -> Void

        init(_ name: String, _ apply: @escaping @Sendable (inout Envelope) -> Void) {
            testDescription = name
            self.apply = apply
        }

        static let all = [
            Change("id") { $0.id = "other" },
            Change("subject") { $0.subject = "other" },
            Change("time") { $0.time = Date(timeIntervalSince1970: 0) },
            Change("source") { $0.source = nil },
            Change("trace id") { $0.traceID = nil },
            Change("span id") { $0.spanID = "other" },
            Change("all headers") { $0.headers = [:] },
            Change("one header") { $0.headers["k"] = "other" },
            Change("a header in place") { $0.headers["k", default: ""] += "x" },
            Change("a header's removal") { $0.headers.removeValue(forKey: "k") },
            Change("a named header") { $0.runID = "other" },
            Change("payload") { $0.payload = nil },
            Change("one byte of the payload") { $0.payload?.append(0x20) },
        ]
    }

    private let original = {
        var envelope = Envelope(subject: "a", rawPayload: Data("[1]".utf8), source: "s", headers: ["k": "v"])
        (envelope.traceID, envelope.spanID) = ("t", "p")
        return envelope
    }()

    @Test("changing a copy leaves the original", arguments: Change.all)
    func changesCopy(_ change: Change) {
        let before = original.fields
        var copy = original
        change.apply(&copy)
        #expect(original.fields == before)
        #expect(copy != original)
    }

    @Test("changing the original leaves a copy", arguments: Change.all)
    func changesOriginal(_ change: Change) {
        var envelope = original
        let copies = [envelope, envelope]
        change.apply(&envelope)
        #expect(copies[0] == original)
        #expect(copies[1] == original)
        #expect(envelope != original)
    }

    @Test("a change touches one part", arguments: Change.all)
    func changesOnePart(_ change: Change) {
        var envelope = original
        change.apply(&envelope)
        let kept = [
            envelope.id == original.id, envelope.subject == original.subject, envelope.time == original.time,
            envelope.source == original.source, envelope.traceID == original.traceID,
            envelope.spanID == original.spanID, envelope.headers == original.headers,
            envelope.payload == original.payload,
        ]
        #expect(kept.count { !$0 } == 1)
    }

    @Test("a copy shares the storage until it is changed, an only copy keeps it", arguments: Change.all)
    func sharesStorage(_ change: Change) {
        var copy = original
        #expect(copy.storage === original.storage)
        change.apply(&copy)
        #expect(copy.storage !== original.storage)
        let storage = ObjectIdentifier(copy.storage)
        copy.id = "again"
        #expect(ObjectIdentifier(copy.storage) == storage)
    }

    @Test func `changes from several tasks stay apart`() async {
        let ids = await withTaskGroup { group in
            for index in 0..<100 {
                group.addTask { [original] in
                    var copy = original
                    copy.id = "\(index)"
                    copy.headers["k"] = "\(index)"
                    return copy
                }
            }
            return await group.reduce(into: [Envelope]()) { $0.append($1) }
        }
        #expect(ids.allSatisfy { $0.id == $0.headers["k"] })
        #expect(Set(ids.map(\.id)) == Set((0..<100).map { "\($0)" }))
        #expect(original.headers == ["k": "v"])
    }
}
