import EventCore
import EventMemory
import EventZMQ
import Foundation
import Testing

extension FieldCase {
    // MARK: Errors

    static let errors = [
        FieldCase("an error about a payload says which envelope, where in it, and not what it holds") {
            struct Item: Codable { var price: Int }
            struct Order: Codable { var items: [Item] }
            let envelope = Envelope(
                subject: "orders.eu",
                rawPayload: Data(#"{"items": [{"price":1},{"price": "my secret"}]}"#.utf8)
            )
            let error = try #require(throws: EventError.self) { try envelope.decode(Order.self) }
            #expect(
                error.description == """
                    the payload cannot be decoded: orders.eu (\(envelope.id)): items[1].price at byte 33: \
                    expected Int, found a string
                    """
            )
            #expect(
                error == .payloadDecoding(String(error.description.dropFirst("the payload cannot be decoded: ".count)))
            )
        },
        FieldCase("a payload that is no JSON is refused with the byte, by whoever meets it first") {
            let envelope = Envelope(subject: "orders.eu", rawPayload: Data(#"{"price":}"#.utf8))
            let decoding = try #require(throws: EventError.self) { try envelope.decode([String: Int].self) }
            let encoding = try #require(throws: EventError.self) { try envelope.jsonData() }
            for error in [decoding, encoding] {
                #expect(error.description.contains("orders.eu (\(envelope.id))"))
                #expect(error.description.hasSuffix("at byte 9"))
            }
        },
        FieldCase("a number that does not fit was called invalid JSON at byte 0") {
            struct Small: Decodable { var n: Int8 }
            for json in [#"{"n": 40000000000}"#, #"{"n":1.5}"#] {
                let envelope = Envelope(subject: "a", rawPayload: Data(json.utf8))
                let error = try #require(throws: EventError.self) { try envelope.decode(Small.self) }
                #expect("\(error)".contains("does not fit") && !"\(error)".contains("not valid JSON"))
            }
        },
        FieldCase("payload_json that is no JSON was accepted, and refused by whoever wrote the envelope next") {
            let json = #"{"subject":"a","payload_json":"not json"}"#
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Envelope.self, from: Data(json.utf8)) }
        },
        FieldCase("a value without a JSON form is named with its subject and its place") {
            struct Order: Codable { var totals: [Double] }
            let error = try #require(throws: EventError.self) {
                try Envelope(subject: "orders.eu", payload: Order(totals: [1, .nan]))
            }
            guard case .payloadEncoding(let fault) = error else { throw error }
            #expect(fault.hasPrefix("orders.eu: totals[1]: a value of type Double"))
        },
        FieldCase("a long secret that a type refuses to decode is cut short") {
            struct Token: Decodable {
                init(from decoder: any Decoder) throws {
                    let text = try decoder.singleValueContainer().decode(String.self)
                    throw DecodingError.dataCorrupted(
                        .init(codingPath: decoder.codingPath, debugDescription: "no token: \(text)")
                    )
                }
            }
            let secret = String(repeating: "secret", count: 1000)
            let envelope = Envelope(subject: "a", rawPayload: Data("[\"\(secret)\"]".utf8))
            let error = try #require(throws: EventError.self) { try envelope.decode([Token].self) }
            #expect(error.description.contains("[0] at byte 1: no token: secret"))
            #expect(error.description.utf8.count < 200)
        },
        FieldCase("words of others in an error are cut short, however long they are and however deep a payload is") {
            struct Deep: Decodable {
                init(from decoder: any Decoder) throws {
                    let container = try decoder.container(keyedBy: Key.self)
                    _ = try container.decode(Deep.self, forKey: Key())
                }
                struct Key: CodingKey {
                    var stringValue = "key"
                    var intValue: Int? { nil }
                    init() {}
                    init?(stringValue: String) {}
                    init?(intValue: Int) { nil }
                }
            }
            let nested = String(repeating: #"{"key":"#, count: 100) + "1" + String(repeating: "}", count: 100)
            let envelope = Envelope(subject: "a", rawPayload: Data(nested.utf8))
            let deep = try #require(throws: EventError.self) { try envelope.decode(Deep.self) }
            #expect(deep.description.contains("key.key.key") && deep.description.contains("… at byte 700"))
            let long = String(repeating: "secret", count: 10_000)
            for text in [
                deep.description, EventError.requestFailed(long).description, RequestFailure(long).description,
            ] {
                #expect(text.utf8.count < 600)
            }
        },
        FieldCase("an envelope that cannot be read is named as far as it was read, and the member that is wrong") {
            let json = #"{"id":"i7","subject":"orders.eu","time":"2026-01-02T03:04:05Z","headers":{"tenant":5}}"#
            let error = try #require(throws: EventError.self) { try Envelope(jsonData: Data(json.utf8)) }
            #expect(
                error == .malformedEnvelope("orders.eu (i7): headers: expected a string at byte \(json.utf8.count - 3)")
            )
        },
        FieldCase("localizedDescription is the sentence that description is") {
            let failure = TransportFailure(operation: "bind tcp://a:1", reason: "in use")
            let errors: [any Error] = [
                EventError.busClosed, EventError.invalidSubject("x"), EventError.payloadDecoding("a (i): x"),
                EventError.noReply("a within 1 seconds"), EventError.transport(failure), failure,
                RequestFailure("no such item"),
            ]
            for error in errors { #expect(error.localizedDescription == String(describing: error)) }
            #expect((EventError.busClosed as any Error).localizedDescription == "the bus is closed")
        },
    ]

    // MARK: Texts

    /// One in one code point and in two, which Swift calls equal.
    private static let (composed, decomposed) = ("\u{E9}", "e\u{301}")

    static let texts = [
        FieldCase("two header names that only look the same are both kept") {
            let json =
                "{\"id\":\"i\",\"subject\":\"a\",\"time\":\"2026-01-02T03:04:05Z\",\"headers\":"
                + "{\"e\u{301}\":\"2\",\"k\":\"v\",\"\u{E9}\":\"1\"}}"
            var envelope = try Envelope(jsonData: Data(json.utf8))
            #expect(try envelope.jsonData() == Data(json.utf8))
            #expect(envelope.header(named: composed) == "1" && envelope.header(named: decomposed) == "2")
            #expect(envelope.allHeaders.map(\.value) == ["2", "v", "1"])
            let coded = try JSONDecoder().decode(Envelope.self, from: JSONEncoder().encode(envelope))
            #expect(coded == envelope)

            envelope.runID = "r1"
            #expect(envelope.allHeaders.count == 4)
            envelope.setHeader("3", named: composed)
            #expect(envelope.header(named: composed) == "3" && envelope.header(named: decomposed) == "2")
            envelope.setHeader(nil, named: decomposed)
            #expect(envelope.headers.count == 3 && envelope.header(named: decomposed) == nil)
        },
        FieldCase("who removes or replaces a header leaves nothing that passes for it") {
            let json = "{\"subject\":\"a\",\"headers\":{\"e\u{301}\":\"2\",\"\u{E9}\":\"1\"}}"
            let envelope = try Envelope(jsonData: Data(json.utf8))
            var without = envelope
            without.headers[composed] = nil
            #expect(without.allHeaders.isEmpty)
            var replaced = envelope
            replaced.headers[composed] = "new"
            #expect(replaced.allHeaders.map(\.value) == ["new"])
            var emptied = envelope
            emptied.headers = [:]
            #expect(emptied.allHeaders.isEmpty)
        },
        FieldCase("envelopes whose texts only look the same are not equal") {
            func envelope(_ text: String, _ change: (inout Envelope, String) -> Void) -> Envelope {
                var envelope = Envelope(subject: "a")
                (envelope.id, envelope.time) = ("i", Date(timeIntervalSince1970: 0))
                change(&envelope, text)
                return envelope
            }
            let changes: [(inout Envelope, String) -> Void] = [
                { $0.id = $1 }, { $0.source = $1 }, { $0.traceID = $1 }, { $0.spanID = $1 }, { $0.headers[$1] = "v" },
                { $0.headers["k"] = $1 },
            ]
            for change in changes {
                #expect(envelope(composed, change) == envelope(composed, change))
                #expect(envelope(composed, change) != envelope(decomposed, change))
            }
            #expect(SubscriptionID(rawValue: composed) != SubscriptionID(rawValue: decomposed))
        },
        FieldCase("nobody's subject, id or words begin a line of a log, steer a terminal or turn its direction") {
            let forged = "a\r\nERROR\u{1B}[2J\u{85}\u{2028}\u{202E}\u{2066}\u{200F}\u{9B}"
            let subject = try Subject(validating: forged)
            var envelope = Envelope(subject: subject, rawPayload: Data("x".utf8))
            envelope.id = forged
            let notJSON = try #require(throws: EventError.self) { try envelope.jsonData() }
            let noValue = try #require(throws: EventError.self) { try envelope.decode(Int.self) }
            let descriptions: [String] = [
                subject.description, try Pattern(validating: forged).description, envelope.description,
                SubscriptionID(rawValue: forged).description, notJSON.description, noValue.description,
                EventError.requestFailed(forged).description, EventError.invalidSubject(forged).description,
                TransportFailure(operation: forged, reason: forged).description, RequestFailure(forged).description,
                LinkEvent.malformed(endpoint: forged, reason: forged).description,
                LinkEvent.malformed(endpoint: "e", reason: forged).reason,
                LinkEvent.subscriberJoined(forged).description,
                SubscriptionConfirmation(confirmed: [forged], missing: [forged]).description,
                ZMQPermissions(name: forged).description,
                LinkLoss(count: 1, prefix: forged, origin: forged, endpoint: forged).description,
                LinkPeer(id: forged, name: forged, endpoint: forged, role: .publisher).description,
            ]
            for description in descriptions {
                let steering = description.unicodeScalars.filter { scalar in
                    scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
                        || scalar.properties.generalCategory == .lineSeparator
                }
                #expect(steering.isEmpty, "\(description.debugDescription)")
                #expect(description.contains("a\\r\\nERROR"))
            }
            #expect(subject.rawValue == forged)
        },
    ]
}
