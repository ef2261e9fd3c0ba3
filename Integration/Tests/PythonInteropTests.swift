import EventCore
import EventZMQ
import Foundation
import IntegrationSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct PythonInteropTests {
    /// Who of the two waits at the address.
    enum Binder: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case python, swift

        var testDescription: String { "\(rawValue) binds" }
        var pythonsWay: String { self == .python ? "bind" : "connect" }

        func endpoint(_ address: String) -> ZMQEndpoint {
            self == .python ? .connect(address) : .bind(address)
        }
    }

    private static let unusualHeaders = [
        "": "empty key", "empty": "", "quotes": #"a "quoted" \ backslash"#, "unicode": "żółw 🐢 漢字 e\u{301}",
        "ключ": "\u{2028}\u{2029}", "control": "\u{0}\u{1F}\t\r\n\u{7F}", "markup": "</script>&'",
    ]
    private static let allBytes = Data(0...255)

    // MARK: The listings of the documentation

    @Test func `the subscriber in the documentation prints what a bus publishes`() async throws {
        try await Stage.run { stage in
            let listing = try WireFormatListings.listing(with: "zmq.SUB")
            let bus = try ZMQBus(configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: []))
            let program = try await Python(on: stage)
                .program("subscriber.py", text: listing, #require(bus.boundEndpoints.first))
            #expect(try await bus.waitForSubscribers(of: "orders.created", atLeast: 1, timeout: .seconds(60)))
            for number in 1...3 {
                let envelope = Envelope(subject: "orders.created", rawPayload: Data("{\"order\": \(number)}".utf8))
                try await bus.publish(envelope)
                #expect(try await program.nextLine() == #"orders.created \#(envelope.id) b'{"order": \#(number)}'"#)
            }
            await bus.close()
        }
    }

    @Test func `the subscriber of the compact form in the documentation prints what a bus publishes`() async throws {
        try await Stage.run { stage in
            let listing = try WireFormatListings.ofCompactForm()
            let bus = try ZMQBus(configuration: .init(publish: [.bind("tcp://127.0.0.1:*")], subscribe: []))
            let program = try await Python(on: stage)
                .program("subscriber.py", text: listing, #require(bus.boundEndpoints.first))
            #expect(try await bus.waitForSubscribers(of: "orders.created", atLeast: 1, timeout: .seconds(60)))
            for (number, count) in [(1, 10), (2, 20_000), (3, 200)] {
                let text = String(repeating: "x", count: count)
                try await bus.publish(rawPayload: Data("ignored".utf8), to: "orders.created.not")
                let envelope = Envelope(subject: "orders.created", rawPayload: Data(text.utf8), headers: ["a": text])
                try await bus.publish(envelope)
                #expect(try await program.nextLine() == "orders.created \(number) b'\(text)'")
            }
            await bus.close()
        }
    }

    @Test func `what the publisher in the documentation sends arrives at a bus`() async throws {
        try await Stage.run { stage in
            let listing = try WireFormatListings.listing(with: "zmq.XPUB")
            let bus = try ZMQBus(configuration: .init(publish: [], subscribe: [.bind("tcp://127.0.0.1:*")]))
            let subscription = try await bus.subscribe(to: "orders.>")
            let program = try await Python(on: stage)
                .program("publisher.py", text: listing, #require(bus.boundEndpoints.first))
            let envelope = try #require(await subscription.next(within: .seconds(60)), "\(program.name) sent nothing")
            #expect(envelope.subject == "orders.created")
            #expect(envelope.source == "shop")
            #expect(envelope.payload == Data(#"{"order": 7}"#.utf8))
            #expect(!envelope.id.isEmpty)
            await bus.close()
        }
    }

    // MARK: From a bus to Python

    @Test(arguments: Binder.allCases)
    func `Python reads all that an envelope can hold`(_ binder: Binder) async throws {
        try await Stage.run { stage in
            let address = stage.address()
            let bus = try ZMQBus(configuration: .init(publish: [binder.endpoint(address)], subscribe: []))
            let program = try await Python(on: stage).subscriber(binder.pythonsWay, address, "a.")
            #expect(try await bus.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .seconds(60)))

            var full = Envelope(
                subject: "a.żółw",
                rawPayload: Self.allBytes,
                source: "swift \"quoted\"",
                headers: Self.unusualHeaders
            )
            full.traceID = "0af7651916cd43dd8448eb211c80319c"
            full.spanID = "b7ad6b7169203331"
            try await bus.publish(full)
            var message = try PythonMessage(line: await program.nextLine())
            #expect(message.subject == "a.żółw")
            #expect(message.frames == PythonMessage("", .init(), frames: [Self.allBytes]).frames)
            #expect(message.header.headers == Self.unusualHeaders)
            #expect(message.header.id == full.id)
            #expect(message.header.source == full.source)
            #expect(message.header.trace_id == full.traceID)
            #expect(message.header.span_id == full.spanID)
            #expect((message.header.v, message.header.seq) == (1, 1))
            #expect(message.header.origin?.count == 20)
            #expect(message.header.time?.hasSuffix("Z") == true)

            try await bus.publish(Envelope(subject: "a.b"))
            message = try PythonMessage(line: await program.nextLine())
            #expect(message.frames == [""])
            #expect(message.header.headers == nil)
            #expect(message.header.source == nil)
            await bus.close()
        }
    }

    // MARK: From Python to a bus

    @Test(arguments: Binder.allCases)
    func `a bus reads all that Python may send`(_ binder: Binder) async throws {
        try await Stage.run { stage in
            let address = stage.address()
            var configuration = ZMQBusConfiguration(publish: [], subscribe: [binder.endpoint(address)])
            // Python does not confirm.
            configuration.confirmationTimeout = .milliseconds(100)
            let bus = try ZMQBus(configuration: configuration)
            let subscription = try await bus.subscribe(to: ">")
            let program = try await Python(on: stage).publisher(binder.pythonsWay, address)
            #expect(try await program.nextLine() == "ready")
            func received(_ message: PythonMessage) async throws -> Envelope {
                try program.send(message.line)
                return try #require(await subscription.next(within: .seconds(60)), "\(message) did not arrive")
            }

            let full = PythonMessage.Header(
                v: 1,
                origin: "python",
                id: "an id",
                time: "2024-02-29T12:30:45.123456789+02:00",
                source: "python",
                trace_id: "0af7651916cd43dd8448eb211c80319c",
                span_id: "b7ad6b7169203331",
                headers: Self.unusualHeaders,
                seq: 1
            )
            for escapes in [true, false] {
                let message = PythonMessage("a.żółw", full, frames: [Self.allBytes], escapes: escapes)
                let envelope = try await received(message)
                #expect(envelope.subject == "a.żółw")
                #expect(envelope.id == "an id")
                #expect(abs(envelope.time.timeIntervalSince1970 - 1_709_202_645.123456789) < 1e-6)
                #expect(envelope.source == "python")
                #expect(envelope.traceID == full.trace_id)
                #expect(envelope.spanID == full.span_id)
                #expect(envelope.headers == Self.unusualHeaders)
                #expect(envelope.payload == Self.allBytes)
            }

            let bare = try await received(PythonMessage("a", .init(), frames: [Data()]))
            #expect(bare.payload == nil)
            #expect(!bare.id.isEmpty)
            #expect(abs(bare.time.timeIntervalSinceNow) < 600)
            #expect(bare.headers.isEmpty)

            let extra = try await received(
                PythonMessage("a", .init(), frames: [Data("1".utf8), Self.allBytes, Data()])
            )
            #expect(extra.payload == Data("1".utf8))

            let foreign = try await received(
                PythonMessage("a.b", .init(source: "two frames", headers: ["": ""], subject: "a.b", payload: ["n": 7]))
            )
            #expect(foreign.source == "two frames")
            #expect(foreign.headers == ["": ""])
            #expect(try foreign.decode([String: Int].self) == ["n": 7])

            #expect(bus.statistics.malformed == 0)
            await bus.close()
        }
    }
}
