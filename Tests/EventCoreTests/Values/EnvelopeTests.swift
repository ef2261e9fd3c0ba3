import EventTransport
import Foundation
import Testing

@testable import EventCore

@Suite struct EnvelopeTests {
    @Test func `a new envelope has an id and the time, and what it is given`() throws {
        let before = Date()
        let envelope = Envelope(subject: "orders.eu.created", source: "shop", headers: ["tenant": "acme"])
        let after = Date()
        #expect(envelope.subject == "orders.eu.created")
        #expect(envelope.source == "shop")
        #expect(envelope.headers == ["tenant": "acme"])
        #expect(envelope.payload == nil)
        #expect(envelope.traceID == nil)
        #expect(envelope.spanID == nil)
        // Held to the nanosecond, a time reads back rounded to the precision of a date.
        #expect(envelope.time >= before - 1e-6 && envelope.time <= after + 1e-6)
        let xid = try #require(XID(envelope.id))
        #expect(Double(xid.seconds) >= before.timeIntervalSince1970.rounded(.down))
    }

    @Test func `nothing but the subject is needed`() throws {
        let envelope = Envelope(subject: "a")
        #expect(envelope.source == nil)
        #expect(envelope.headers.isEmpty)
        #expect(envelope.payload == nil)
    }

    @Test func `every initialiser sets id and time`() throws {
        let envelopes = [
            Envelope(subject: "a"), Envelope(subject: "a", rawPayload: Data("1".utf8)),
            try Envelope(subject: "a", payload: 1),
        ]
        for envelope in envelopes {
            #expect(XID(envelope.id) != nil)
            #expect(abs(envelope.time.timeIntervalSinceNow) < 60)
        }
        #expect(envelopes.map(\.id) == envelopes.map(\.id).sorted())
        #expect(Set(envelopes.map(\.id)).count == 3)
    }

    @Test func `an envelope equals its copy alone`() {
        let envelope = Envelope(subject: "a")
        let copy = envelope
        #expect(envelope == copy)
        #expect(envelope.hashValue == copy.hashValue)
        #expect(envelope != Envelope(subject: "a"))
        #expect(Set([envelope, copy, Envelope(subject: "a")]).count == 2)
    }

    @Test func `envelopes with equal parts are equal, however they were made`() throws {
        var envelope = Envelope(subject: "a", rawPayload: Data("[1]".utf8), source: "s", headers: ["k": "v"])
        (envelope.traceID, envelope.spanID) = ("t", "p")
        var other = Envelope(subject: "a")
        other.id = envelope.id
        other.source = "s"
        other.traceID = "t"
        other.spanID = "p"
        other.headers["k"] = "v"
        other.payload = Data("[1]".utf8)
        let moment = Date(timeIntervalSince1970: 1_777_284_672)
        envelope.time = moment
        other.time = moment
        #expect(envelope == other)
        #expect(envelope.hashValue == other.hashValue)
    }

    @Test func `one nanosecond or one byte of the payload makes a difference`() {
        var fields = Envelope.Fields(subject: "a")
        fields.time = Timestamp(seconds: 1, nanoseconds: 1)
        fields.payload = Data("1.0".utf8)
        var later = fields
        later.time.nanoseconds = 2
        var longer = fields
        longer.payload = Data("1.00".utf8)
        #expect(Envelope(fields) == Envelope(fields))
        #expect(Envelope(fields) != Envelope(later))
        #expect(Envelope(fields) != Envelope(longer))
        #expect(Envelope(later).time == Envelope(fields).time, "a date cannot tell them apart")
    }

    @Test func `no payload differs from an empty one and from null`() {
        let fields = Envelope.Fields(subject: "a")
        let payloads: [Data?] = [nil, Data(), Data("null".utf8)]
        let envelopes = payloads.map { payload in
            var fields = fields
            fields.payload = payload
            return Envelope(fields)
        }
        #expect(Set(envelopes).count == 3)
    }

    @Test func `publishing fills what is not set`() throws {
        let unset = Envelope(Envelope.Fields(subject: "a"))
        #expect(unset.id.isEmpty)
        #expect(unset.time == .distantPast)
        let filled = unset.filledForPublishing()
        #expect(XID(filled.id) != nil)
        #expect(abs(filled.time.timeIntervalSinceNow) < 60)
        #expect(filled.subject == "a")
        #expect(unset.id.isEmpty && unset.time == .distantPast)
    }

    @Test func `publishing leaves what is set`() {
        var envelope = Envelope(subject: "a")
        #expect(envelope.filledForPublishing() == envelope)
        envelope.id = "mine"
        envelope.time = Date(timeIntervalSince1970: 1)
        #expect(envelope.filledForPublishing() == envelope)
        envelope.time = .distantPast
        #expect(envelope.filledForPublishing().id == "mine")
        #expect(envelope.filledForPublishing().time != .distantPast)
        envelope.time = Date(timeIntervalSince1970: 1)
        envelope.id = ""
        #expect(envelope.filledForPublishing().time == Date(timeIntervalSince1970: 1))
        #expect(XID(envelope.filledForPublishing().id) != nil)
    }

    @Test func `the description names subject and id`() {
        let envelope = Envelope(subject: "orders.eu", rawPayload: Data("123".utf8))
        #expect(envelope.description.contains("orders.eu"))
        #expect(envelope.description.contains(envelope.id))
        #expect(envelope.description.contains("3 bytes"))
    }
}
