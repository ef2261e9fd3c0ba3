import Testing

@testable import EventCore

@Suite struct EnvelopeHeadersByBytesTests {
    private let composed = "\u{E9}"
    private let decomposed = "e\u{301}"
    private var both: EnvelopeHeaders { EnvelopeHeaders([(composed, "1"), ("k", "v"), (decomposed, "2")]) }

    @Test func `a dictionary holds what it can, and the rest stands beside it`() {
        #expect(both.dictionary.count == 2)
        #expect(both.dictionary[composed] == "2", "the one whose bytes come first")
        #expect(both.members.map(\.name).map { Array($0.utf8) } == [decomposed, "k", composed].map { Array($0.utf8) })
        #expect(both.members.map(\.value) == ["2", "v", "1"])
        #expect(both[composed] == "1" && both[decomposed] == "2" && both["k"] == "v" && both["l"] == nil)
    }

    @Test func `the order they come in does not matter, but the last of equal names counts`() {
        #expect(EnvelopeHeaders([(decomposed, "2"), (composed, "0"), ("k", "v"), (composed, "1")]) == both)
        #expect(EnvelopeHeaders([(decomposed, "1"), (composed, "2"), ("k", "v")]) != both)
        #expect(EnvelopeHeaders([(composed, "1")]) != EnvelopeHeaders([(decomposed, "1")]))
        #expect(EnvelopeHeaders([("k", composed)]) != EnvelopeHeaders([("k", decomposed)]))
    }

    @Test func `a name is set and removed by its bytes`() {
        var headers = both
        headers[composed] = nil
        #expect(headers == EnvelopeHeaders([("k", "v"), (decomposed, "2")]))
        headers[decomposed] = "3"
        #expect(headers == EnvelopeHeaders([("k", "v"), (decomposed, "3")]))
        headers[composed] = "4"
        #expect(headers == EnvelopeHeaders([("k", "v"), (decomposed, "3"), (composed, "4")]))
    }

    @Test func `what the dictionary does not touch stays`() {
        var headers = both
        headers.dictionary["k"] = "w"
        #expect(headers == EnvelopeHeaders([(composed, "1"), ("k", "w"), (decomposed, "2")]))
        headers.dictionary[composed] = "3"
        #expect(headers.members.map(\.value) == ["3", "w"])
        headers = both
        headers.dictionary.removeValue(forKey: decomposed)
        #expect(headers == EnvelopeHeaders(["k": "v"]))
    }

    @Test func `so many headers that look the same are told apart in no time`() throws {
        // 2^12 ways to write twelve letters, all equal to Swift, so all of one hash if it were Swift's.
        let names = (0..<1 << 12).map { number in
            (0..<12).map { number >> $0 & 1 == 0 ? composed : decomposed }.joined()
        }
        let headers = EnvelopeHeaders(names.enumerated().map { ($1, "\($0)") })
        #expect(headers.members.count == names.count)
        #expect(headers.dictionary.count == 1)
        #expect(headers[names[77]] == "77")
        var envelope = Envelope.Fields(subject: "a")
        envelope.headerFields = headers
        let copy = try Envelope(jsonData: Envelope(envelope).jsonData())
        #expect(copy.fields.headerFields == headers)
    }
}
