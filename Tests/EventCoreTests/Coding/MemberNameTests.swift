import Testing

@testable import EventCore

@Suite struct MemberNameTests {
    private func name(_ text: String) -> MemberName {
        let bytes = Array(text.utf8)
        return MemberName(bytes.span, in: bytes.indices)
    }

    @Test func `equals a literal of the same bytes`() {
        #expect(name("id") == "id")
        #expect(name("trace_id") == "trace_id")
        #expect(name("") == "")
    }

    @Test("differs from everything else", arguments: ["", "i", "di", "idd", "ID", "\u{0}id", "id\u{0}", "trace_id"])
    func differs(_ text: String) {
        #expect(name(text) != "id")
    }

    @Test func `a name that is longer than any key equals none`() {
        #expect(name("trace_id_") != "trace_id")
        #expect(name("xtrace_id") != "trace_id")
    }

    @Test func `escapes in a name are resolved before it is compared`() throws {
        let json = Array(#"{"\u0069d":"x","\u0000id":"y","i\u0064\u0000":"z"}"#.utf8)
        var matches: [Bool] = []
        try JSONReader.read(json.span) { reader throws(EventError) in
            try reader.object { reader throws(EventError) in
                matches.append(try reader.name() == "id")
                _ = try reader.value()
            }
        }
        #expect(matches == [true, false, false])
    }
}
