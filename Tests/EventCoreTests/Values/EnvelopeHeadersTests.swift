import EventCore
import Testing

@Suite struct EnvelopeHeadersTests {
    typealias Property = WritableKeyPath<Envelope, String?> & Sendable

    private static let properties: [(String, any Property)] = [
        ("run_id", \.runID), ("node_id", \.nodeID), ("actor_id", \.actorID), ("graph_id", \.graphID),
        ("tenant", \.tenant),
    ]

    @Test("a named header is a header", arguments: properties)
    func named(_ key: String, _ property: any Property) {
        var envelope = Envelope(subject: "a", headers: ["other": "kept"])
        #expect(envelope[keyPath: property] == nil)
        envelope[keyPath: property] = "r1"
        #expect(envelope.headers == ["other": "kept", key: "r1"])
        #expect(envelope[keyPath: property] == "r1")
        envelope.headers[key] = "r2"
        #expect(envelope[keyPath: property] == "r2")
        envelope[keyPath: property] = ""
        #expect(envelope.headers[key] == "")
        envelope[keyPath: property] = nil
        #expect(envelope.headers == ["other": "kept"])
    }

    @Test func `the names of the headers`() {
        typealias Key = Envelope.HeaderKey
        #expect(
            [Key.runID, Key.nodeID, Key.actorID, Key.graphID, Key.tenant] == Self.properties.map(\.0)
        )
    }
}
