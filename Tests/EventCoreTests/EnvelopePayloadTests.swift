import EventCore
import Foundation
import Testing

@Suite struct EnvelopePayloadTests {
    struct Order: Codable, Equatable {
        var item: String
        var count: Int
    }

    private struct Unencodable: Encodable {
        struct Refusal: Error {}
        func encode(to encoder: any Encoder) throws { throw Refusal() }
    }

    @Test func `a value travels as JSON`() throws {
        let order = Order(item: "té \"x\"", count: 3)
        let envelope = try Envelope(subject: "orders", payload: order, source: "shop", headers: ["k": "v"])
        #expect(try envelope.decode() == order)
        #expect(try envelope.decode(Order.self) == order)
        let payload = try #require(envelope.payload)
        #expect(try JSONDecoder().decode(Order.self, from: payload) == order)
        #expect(envelope.source == "shop")
        #expect(envelope.headers == ["k": "v"])
    }

    @Test func `scalars, arrays and null are payloads`() throws {
        #expect(try Envelope(subject: "a", payload: 7).decode(Int.self) == 7)
        #expect(try Envelope(subject: "a", payload: "x").payload == Data("\"x\"".utf8))
        #expect(try Envelope(subject: "a", payload: [1, 2]).decode() == [1, 2])
        let null = try Envelope(subject: "a", payload: Int?.none)
        #expect(null.payload == Data("null".utf8))
        #expect(try null.decode(Int?.self) == .some(.none))
    }

    @Test func `without a payload there is nothing to decode`() throws {
        #expect(try Envelope(subject: "a").decode(Order.self) == nil)
        #expect(try Envelope(subject: "a").decode(Int.self) == nil)
    }

    @Test func `raw bytes are neither checked nor changed`() throws {
        for bytes in ["{\"b\":1, \"a\":2.50}", "no JSON", "", " 1 "] {
            let envelope = Envelope(subject: "a", rawPayload: Data(bytes.utf8))
            #expect(envelope.payload == Data(bytes.utf8))
        }
    }

    @Test("a payload of another type", arguments: [" ", "{", "[1,2]", "{\"item\":5,\"count\":1}", "{}", "\u{FF}"])
    func refusesToDecode(_ text: String) throws {
        let envelope = Envelope(subject: "a", rawPayload: Data(text.utf8))
        let error = try #require(throws: EventError.self) { try envelope.decode(Order.self) }
        #expect(error == .payloadDecoding(error.fault))
        #expect(!error.fault.isEmpty)
    }

    @Test func `a value without a JSON form is refused`() throws {
        let notANumber = try #require(throws: EventError.self) { try Envelope(subject: "a", payload: Double.nan) }
        #expect(notANumber == .payloadEncoding(notANumber.fault))
        let refusal = try #require(throws: EventError.self) { try Envelope(subject: "a", payload: Unencodable()) }
        #expect(refusal == .payloadEncoding(refusal.fault))
        #expect(refusal.fault.contains("Refusal"))
    }
}
