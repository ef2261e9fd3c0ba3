import EventCore
import EventMemory
import EventTesting
import Foundation
import ProcessSupport
import Testing

extension FieldCase {
    /// Subjects, envelopes, payloads and errors.
    static let values = payloads + misuses + documents + errors + texts

    // MARK: Payloads

    private static let payloads = [
        FieldCase("raw bytes of a payload come back as they were, digits included") {
            let envelope = Envelope(subject: "a", rawPayload: Data("12345678901234567890".utf8))
            let copy = try Envelope(jsonData: envelope.jsonData())
            #expect(copy.payload == envelope.payload)
        },
        FieldCase("an order that is nil was published as the text null, and readers saw a payload") {
            let bus = RecordingBus()
            try await bus.publish(nil as Order?, to: "a")
            try await bus.publish(nil, to: "a")
            try await bus.publish(Order(total: 1) as Order?, to: "a")
            #expect(bus.published.map(\.payload) == [nil, nil, Data(#"{"total":1}"#.utf8)])
            #expect(try Envelope(subject: "a", payload: nil).payload == nil)
        },
        FieldCase(
            "in generic code, where the type of the payload is not known to be optional, nil is no payload either"
        ) {
            func publish(_ value: some Encodable & Sendable, on bus: some Bus) async throws {
                try await bus.publish(value, to: "a")
            }
            let bus = RecordingBus()
            try await publish(nil as Order?, on: bus)
            #expect(bus.published.map(\.payload) == [nil])
        },
        FieldCase("a value that encodes itself as null is a payload, and decoding tells it from none") {
            struct Cleared: Codable {
                init() {}
                init(from decoder: any Decoder) throws {
                    #expect(try decoder.singleValueContainer().decodeNil())
                }
                func encode(to encoder: any Encoder) throws {
                    var container = encoder.singleValueContainer()
                    try container.encodeNil()
                }
            }
            let cleared = try Envelope(subject: "a", payload: Cleared())
            #expect(cleared.payload == Data("null".utf8))
            #expect(try cleared.decode(Cleared.self) != nil)
            #expect(try Envelope(subject: "a", payload: nil as Cleared?).decode(Cleared.self) == nil)
            #expect(try Envelope(subject: "a", payload: Int??.some(.none)).payload == Data("null".utf8))
        },
        FieldCase("a responder without an answer sends no payload, which an optional reply takes for nil") {
            let bus = RecordingBus()
            let requests = try await bus.subscribe(to: "ask")
            let responder = Task { await bus.respond(to: requests) { _ in nil as Order? } }
            let answer = try await bus.request(1, to: "ask", as: Order?.self, within: .seconds(20))
            #expect(answer == nil)
            #expect(bus.published.last?.payload == nil)
            responder.cancel()
            await responder.value
        },
        FieldCase("a responder that returns bytes replied with Base64 in quotation marks") {
            let bus = RecordingBus()
            let json = Data(#"{"total": 2.50}"#.utf8)
            func answer<Reply: Encodable & Sendable>(_ reply: Reply) async throws -> Envelope {
                let requests = try await bus.subscribe(to: "ask")
                let responder = Task { await bus.respond(to: requests) { _ in reply } }
                let answer = try await bus.request(Envelope(subject: "ask"), within: .seconds(20))
                responder.cancel()
                return answer
            }
            #expect(try await answer(json).payload == json)
            #expect(try await answer([UInt8](json)).payload == json)
            #expect(try await answer(ContiguousArray(json)).payload == json)
            #expect(try await answer(json as Data?).payload == json)
            #expect(try await answer(nil as Data?).payload == nil)
            let envelope = Envelope(subject: "elsewhere", rawPayload: json, headers: ["k": "v"])
            let reply = try await answer(envelope)
            #expect(reply.payload == json && reply.headers["k"] == "v" && reply.subject != envelope.subject)
            // Every empty array can be cast to one of bytes.
            for none in [try await answer([Order]()), try await answer([String]() as [String]?)] {
                #expect(none.payload == Data("[]".utf8))
            }
        },
        FieldCase("a responder that returns what it is asked answered itself for ever") {
            let bus = RecordingBus()
            let requests = try await bus.subscribe(to: ">", options: SubscriptionOptions(backpressure: .block))
            let responder = Task { await bus.respond(to: requests) { $0 } }
            let request = Envelope(subject: "ask", rawPayload: Data("1".utf8))
            let reply = try await bus.request(request, within: .seconds(20))
            #expect(reply.payload == request.payload && reply.id != request.id)
            responder.cancel()
            await responder.value
            #expect(bus.published.count == 2)
        },
        FieldCase("in generic code bytes became Base64, and an envelope the payload of another one") {
            func make(_ value: some Encodable) throws -> Envelope { try Envelope(subject: "a", payload: value) }
            let json = Data("{}".utf8)
            let values: [any Encodable] = [json, [UInt8](json), ContiguousArray(json), json as Data?]
            for value in values { #expect(try make(value).payload == json) }
            #expect(try make(nil as Data?).payload == nil)
            #expect(try make([] as [UInt16]).payload == Data("[]".utf8))
            let error = try #require(throws: EventError.self) { try make(Envelope(subject: "b")) }
            #expect("\(error)".contains("a: an envelope is none's payload"))
        },
        FieldCase("bytes are published as they are") {
            let bus = RecordingBus()
            let json = Data(#"{"total": 2.50}"#.utf8)
            try await bus.publish(rawPayload: json, to: "a", source: "s", headers: ["k": "v"])
            try await bus.publish(rawPayload: [UInt8](json), to: "a")
            try await bus.publish(rawPayload: json, toValidating: "a")
            #expect(bus.published.map(\.payload) == [json, json, json])
            #expect(bus.published.first?.source == "s" && bus.published.first?.headers == ["k": "v"])
        },
        FieldCase("a subject that is text at run time is an error and no trap") {
            let bus = RecordingBus()
            let text = String(repeating: "a..b", count: 1)
            await #expect(throws: EventError.self) { try await bus.publish(1, toValidating: text) }
            await #expect(throws: EventError.self) { try await bus.publish(rawPayload: Data(), toValidating: text) }
            await #expect(throws: EventError.self) { try await bus.subscribe(toValidating: text) }
            await #expect(throws: EventError.self) { try await bus.withSubscription(toValidating: text) { _ in } }
            #expect(bus.published.isEmpty)
            let subscription = try await bus.subscribe(toValidating: "a.*")
            try await bus.publish(1, toValidating: "a.b")
            #expect(await subscription.next(within: .seconds(20))?.subject == "a.b")
        },
    ]

    struct Order: Codable, Equatable, Sendable {
        var total: Int
    }

    // MARK: What does not compile

    private static let misuses = [
        FieldCase("bytes and envelopes as a payload do not compile, and the message names what to write") {
            let calls = [
                "bus.publish(data, to: \"a\")", "bus.publish(data as Data?, to: \"a\")",
                "bus.publish(bytes, to: \"a\")",
                "bus.publish(bytes as [UInt8]?, to: \"a\")", "bus.publish(bytes[...], to: \"a\")",
                "bus.publish(envelope, to: \"a\")", "bus.publish(envelope as Envelope?, to: \"a\")",
                "bus.publish(data, toValidating: \"a\")", "bus.publish(envelope, toValidating: \"a\")",
                "Envelope(subject: \"a\", payload: data)", "Envelope(subject: \"a\", payload: bytes as [UInt8]?)",
                "Envelope(subject: \"a\", payload: envelope)",
                "bus.request(data, to: \"a\", as: Int.self, within: .seconds(1))",
            ]
            let text = try await Compiler.diagnostics(of: file(calls))
            let errors = text.split(separator: "\n").filter { $0.contains(".swift:") && $0.contains(": error: ") }
            #expect(errors.count == calls.count, "\(text)")
            for (index, _) in calls.enumerated() {
                #expect(errors.contains { $0.contains(".swift:\(index + 4):") }, "\(calls[index])\n\(text)")
            }
            #expect(text.contains("publish(rawPayload:to:source:headers:)"))
            #expect(text.contains("an envelope with publish(_:)"))
            #expect(text.contains("init(subject:rawPayload:source:headers:)"))
            #expect(text.contains("request(_:within:)"))
        },
        FieldCase("what is meant instead compiles, and so does any other payload") {
            let calls = [
                "bus.publish(rawPayload: data, to: \"a\")", "bus.publish(rawPayload: bytes, to: \"a\")",
                "bus.publish(rawPayload: .init(\"1\".utf8), to: \"a\")", "bus.publish(envelope)",
                "Envelope(subject: \"a\", rawPayload: data)", "Envelope(subject: \"a\", rawPayload: bytes)",
                "bus.publish([1, 2], to: \"a\")", "bus.publish(nil, to: \"a\")", "bus.publish([1: [data]], to: \"a\")",
                "bus.publish(nil as Int?, toValidating: \"a\")",
                "bus.request(1, to: \"a\", as: Int.self, within: .seconds(1))",
            ]
            let text = try await Compiler.diagnostics(of: file(calls))
            #expect(!text.contains(": error: "), "\(text)")
        },
    ]

    /// A file with a call on each line from the fourth on.
    private static func file(_ calls: [String]) -> String {
        """
        import EventCore
        import Foundation
        func use(bus: any Bus, data: Data, bytes: [UInt8], envelope: Envelope) async throws {
        \(calls.map { "_ = try await \($0)" }.joined(separator: "\n"))
        }
        """
    }

    // MARK: Inside other documents

    private static let numbers = [
        "12345678901234567890", "0.1", "1e400", "1.0", "-0", "1E5", "123456789012345678901234567890.5", "-1e-999",
        " {\"b\" : 1.50,\r\n\t\"a\":\"\\u00e9\\/\u{2028}\"} ", "\"text\"", "null",
    ]

    private static let documents = [
        FieldCase("a JSON document, a property list and a database keep the digits of a payload") {
            for payload in numbers {
                let envelope = Envelope(subject: "a", rawPayload: Data(payload.utf8), headers: ["k": "v"])
                let json = try JSONEncoder().encode([envelope])
                #expect(try JSONDecoder().decode([Envelope].self, from: json) == [envelope])
                for format in [PropertyListSerialization.PropertyListFormat.binary, .xml] {
                    let encoder = PropertyListEncoder()
                    encoder.outputFormat = format
                    let list = try encoder.encode([envelope])
                    let copies = try PropertyListDecoder().decode([Envelope].self, from: list)
                    #expect(copies.first?.payload == envelope.payload, "\(payload) as \(format)")
                }
            }
        },
        FieldCase("documents that earlier versions wrote are read") {
            let old =
                #"{"id":"i","subject":"a","time":"2026-01-02T03:04:05Z","payload":{"total":12345678901234567890}}"#
            let envelope = try JSONDecoder().decode(Envelope.self, from: Data(old.utf8))
            #expect(envelope.payload == Data(#"{"total":12345678901234567890}"#.utf8))
            let text = #"{"subject":"a","payload":"12"}"#
            #expect(try JSONDecoder().decode(Envelope.self, from: Data(text.utf8)).payload == Data(#""12""#.utf8))
        },
    ]
}
