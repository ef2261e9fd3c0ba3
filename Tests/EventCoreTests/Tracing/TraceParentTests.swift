import Testing

@testable import EventCore

@Suite struct TraceParentTests {
    private static let trace = "0af7651916cd43dd8448eb211c80319c"
    private static let span = "b7ad6b7169203331"

    @Test(
        "reads a field",
        arguments: [
            "00-\(trace)-\(span)-01", "00-\(trace)-\(span)-00", "00-\(trace)-\(span)-ff", "01-\(trace)-\(span)-01",
            "fe-\(trace)-\(span)-01", "01-\(trace)-\(span)-01-more", "cc-\(trace)-\(span)-01-",
        ]
    )
    func reads(_ field: String) throws {
        let parent = try #require(TraceParent(field))
        #expect(parent.traceID == Self.trace)
        #expect(parent.spanID == Self.span)
    }

    @Test(
        "ignores a malformed field",
        arguments: [
            "", "-", "---", "00", "00-\(trace)-\(span)", "00-\(trace)-\(span)-", "00-\(trace)-\(span)-1",
            "00-\(trace)-\(span)-001", "00-\(trace)-\(span)-0g", "00-\(trace)-\(span)-01-", "00-\(trace)-\(span)-01-x",
            "ff-\(trace)-\(span)-01", "0-\(trace)-\(span)-01", "000-\(trace)-\(span)-01", "0x-\(trace)-\(span)-01",
            "00-\(trace.uppercased())-\(span)-01", "00-\(trace)-\(span.uppercased())-01", "00-\(trace)-\(span)-FF",
            "00-00000000000000000000000000000000-\(span)-01", "00-\(trace)-0000000000000000-01",
            "00-\(trace.dropLast())-\(span)-01", "00-\(trace)0-\(span)-01", "00-\(trace)-\(span.dropLast())-01",
            "00-\(trace)-\(span)0-01", "00-\(span)-\(trace)-01", " 00-\(trace)-\(span)-01", "00-\(trace)-\(span)-01 ",
            "00-\(trace)-\(span)-01\n", "00--\(trace)-\(span)-01", "00_\(trace)_\(span)_01",
            "00-\(trace.dropLast())é-\(span)-01", "00-\(trace.dropLast())\u{FF10}-\(span)-01",
        ]
    )
    func ignores(_ field: String) {
        #expect(TraceParent(field) == nil)
    }

    @Test func `ids alone are a trace that is sampled, in version 00`() {
        let parent = TraceParent(traceID: Self.trace, spanID: Self.span)
        #expect(parent.field == "00-\(Self.trace)-\(Self.span)-01")
        #expect(parent.isSampledAlone)
    }

    @Test("flags are kept", arguments: ["00", "01", "03", "ff"])
    func flags(_ flags: String) throws {
        let field = "00-\(Self.trace)-\(Self.span)-\(flags)"
        let parent = try #require(TraceParent(field))
        #expect(parent.field == field)
        #expect(parent.isSampledAlone == (flags == "01"))
        #expect(parent.isSameSpan(as: TraceParent(traceID: Self.trace, spanID: Self.span)))
        #expect(!parent.isSameSpan(as: nil))
    }

    @Test("is found among headers in any case", arguments: ["traceparent", "Traceparent", "TraceParent"])
    func headers(_ name: String) {
        let headers = [name: "00-\(Self.trace)-\(Self.span)-00", "other": "x"]
        #expect(TraceParent(in: headers)?.flags == "00")
        #expect(TraceParent(in: ["other": "x"]) == nil)
    }
}
