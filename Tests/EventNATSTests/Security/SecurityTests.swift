import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct SecurityTests {
    /// Runs `body` with the path of a file that holds a text.
    private func withFile<R>(_ text: String, _ body: (String) async throws -> R) async throws -> R {
        let path = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)").path
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try await body(path)
    }

    @Test func `password is read from a file, and shown nowhere`() async throws {
        let server = try await NATSServer(["--user", "ann", "--pass", "s3cret"])
        try await withFile("s3cret\n") { path in
            let bus = try await NATSBus.on(server) { $0.credentials = .user("ann", password: .file(path)) }
            await bus.close()
        }
        let wrong = NATSCredentials.user("ann", password: .text("hunter2"))
        #expect(!"\(wrong)".contains("hunter2"))
        var dumped = ""
        dump(wrong, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        let error = await #expect(throws: EventError.self) {
            _ = try await NATSBus.on(server) { $0.credentials = wrong }
        }
        let text = "\(String(describing: error))"
        #expect(text.contains("uthorization"))
        #expect(!text.contains("hunter2"))
        let inURL = await #expect(throws: EventError.self) {
            _ = try await NATSBus.on(server) { $0.servers = ["nats://ann:hunter2@127.0.0.1:\(server.port)"] }
        }
        #expect(!"\(String(describing: inURL))".contains("hunter2"))
    }

    @Test func `token is taken from the environment`() async throws {
        let server = try await NATSServer(["--auth", "t0ken"])
        _ = unsafe setenv("EVENT_TEST_TOKEN", "t0ken", 1)
        let bus = try await NATSBus.on(server) { $0.credentials = .token(.environment("EVENT_TEST_TOKEN")) }
        await bus.close()
        await #expect(throws: EventError.self) { _ = try await NATSBus.on(server) }
    }

    private static let permissions = """
        authorization { users = [ { user: ann, password: pw, permissions: {
          publish: ["_eb.shop.>", "shop.ok.>"], subscribe: ["_eb.shop.>", "shop.ok.>"] } } ] }
        """

    @Test func `what a server forbids throws, or is told`() async throws {
        try await withFile(Self.permissions) { path in
            let server = try await NATSServer(["-c", path])
            let bus = try await NATSBus.on(server, namespace: "shop") {
                $0.credentials = .user("ann", password: .text("pw"))
            }
            let error = await #expect(throws: EventError.self) { _ = try await bus.subscribe(to: "no.>") }
            #expect("\(String(describing: error))".contains("Permissions Violation for Subscription to"))
            async let first = try await bus.subscribe(to: "ok.a")
            async let second: Subscription? = try? await bus.subscribe(to: "no.b")
            async let third = try await bus.subscribe(to: "ok.c")
            #expect(try await first.pattern == "ok.a")
            #expect(await second == nil)
            #expect(try await third.pattern == "ok.c")

            var events = bus.events.makeAsyncIterator()
            try await bus.publish(Envelope(subject: "no.x"))
            try await eventually { bus.statistics.forbidden == 1 }
            var told: LinkEvent?
            while let event = await events.next() {
                if case .forbidden = event {
                    told = event
                    break
                }
            }
            #expect(told?.reason.contains("shop.no.x") == true)
            await bus.close()
        }
    }

    @Test func `server without TLS is refused when TLS is asked for`() async throws {
        let server = try await Shared.server.value
        let error = await #expect(throws: EventError.self) { _ = try await NATSBus.on(server) { $0.tls = NATSTLS() } }
        #expect("\(String(describing: error))".contains("Secure"))
    }

    @Test func `login that is refused twice is tried again`() async throws {
        let server = try await withFile("authorization { token: one }") { path in
            let server = try await NATSServer(["-c", path])
            let bus = try await NATSBus.on(server) { $0.credentials = .token(.text("one")) }
            await server.kill()
            try Data("authorization { token: two }".utf8).write(to: URL(filePath: path))
            try await server.start()
            var events = bus.events.makeAsyncIterator()
            while let event = await events.next() { if case .refused = event { break } }
            await server.kill()
            try Data("authorization { token: one }".utf8).write(to: URL(filePath: path))
            try await server.start()
            try await eventually(within: .seconds(60)) { bus.statistics.peersByEndpoint.count == 1 }
            let subscription = try await bus.subscribe(to: "a")
            #expect(subscription.confirmation?.isComplete == true)
            await bus.close()
            return server
        }
        await server.kill()
    }
}
