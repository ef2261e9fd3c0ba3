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

    @Test func `scalars and arrays are payloads, and so is null where it is a value`() throws {
        #expect(try Envelope(subject: "a", payload: 7).decode(Int.self) == 7)
        #expect(try Envelope(subject: "a", payload: "x").payload == Data("\"x\"".utf8))
        #expect(try Envelope(subject: "a", payload: [1, 2]).decode() == [1, 2])
        let null = try Envelope(subject: "a", payload: Int??.some(.none))
        #expect(null.payload == Data("null".utf8))
        #expect(try null.decode(Int?.self) == .some(.none))
    }

    @Test func `numbers and flags have the form that Foundation gives them`() throws {
        for number in [Int.min, -1, 0, 7, 1 << 53 + 1, Int.max] {
            #expect(try Envelope(subject: "a", payload: number).payload == JSONEncoder().encode(number))
        }
        for flag in [true, false] {
            #expect(try Envelope(subject: "a", payload: flag).payload == JSONEncoder().encode(flag))
        }
    }

    @Test func `an optional without a value is no payload, one with a value is that value`() throws {
        #expect(try Envelope(subject: "a", payload: Int?.none).payload == nil)
        #expect(try Envelope(subject: "a", payload: nil).payload == nil)
        let existential: any Encodable = Int?.none
        #expect(try Envelope(subject: "a", payload: existential).payload == nil)
        #expect(try Envelope(subject: "a", payload: Int?.some(7)).payload == Data("7".utf8))
        #expect(try Envelope(subject: "a", payload: [Int?.none]).payload == Data("[null]".utf8))
    }

    struct Line: Codable { var name: String; var price: Int; var tags: [String: Int] = [:] }

    @Test(
        "an error names the place, the byte and what is wrong",
        arguments: [
            (#"[{"name":"a","price":1,"tags":{}},{"name":"b"}]"#, "[1] at byte 34: the key \"price\" is missing"),
            (#"[{"name":null,"price":1,"tags":{}}]"#, "[0].name at byte 9: expected String, found null"),
            (#"[{"name":"a","price": {},"tags":{}}]"#, "[0].price at byte 22: expected Int, found an object"),
            (#"[{"name":"a","price": [1],"tags":{}}]"#, "[0].price at byte 22: expected Int, found an array"),
            (#"[{"name":"a","price":true,"tags":{}}]"#, "[0].price at byte 21: expected Int, found a boolean"),
            (#"[{"name":1,"price":1,"tags":{}}]"#, "[0].name at byte 9: expected String, found a number"),
            (#"[{"name":"a","price":1,"tags":{"\u0078":"y"}}]"#, "[0].tags.x at byte 40: expected Int, found a string"),
            (#"{"a":1}"#, "the value at byte 0: expected Array<Any>, found an object"),
            ("[", "it is not JSON: expected a value at byte 1"),
            ("\u{FEFF}1", "it is not JSON: expected a value at byte 0"),
        ]
    )
    func words(_ payload: String, _ words: String) throws {
        let envelope = Envelope(subject: "a.b", rawPayload: Data(payload.utf8))
        let error = try #require(throws: EventError.self) { try envelope.decode([Line].self) }
        #expect(error == .payloadDecoding("a.b (\(envelope.id)): \(words)"))
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
