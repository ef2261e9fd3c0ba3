import EventCore
import EventNATS
import Foundation
import NATSSupport
import Testing

/// What programs that are no buses send, spoken by hand: one line of the protocol is one line of a test.
@Suite(.timeLimit(.minutes(5))) struct ForeignTests {
    @Test func `message of a plain client is an envelope with its headers`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await bus.subscribe(to: ">")
        let second = try await bus.subscribe(to: "a.*")
        let client = try PlainClient(port: server.port)
        client.send("PUB \(namespace).a.b 8\r\n{\"n\": 1}\r\n")
        let block = "NATS/1.0\r\nrun_id: r1\r\nOther: x y\r\n\r\n"
        client.send("HPUB \(namespace).a.c \(block.utf8.count) \(block.utf8.count + 2)\r\n\(block){}\r\n")
        client.send("PUB \(namespace).a%20b 0\r\n\r\n")
        let envelope = try #require(await subscription.next(within: .seconds(20)))
        #expect(envelope.subject == "a.b")
        #expect(envelope.payload == Data("{\"n\": 1}".utf8))
        #expect(!envelope.id.isEmpty)
        #expect(envelope.origin == nil)
        let withHeaders = try #require(await subscription.next(within: .seconds(20)))
        #expect(withHeaders.headers == ["run_id": "r1", "Other": "x y"])
        #expect(withHeaders.runID == "r1")
        #expect(await subscription.next(within: .seconds(20))?.subject == Subject("a b"))
        // Overlapping patterns bring one copy each.
        #expect(await second.next(within: .seconds(20))?.subject == "a.b")
        #expect(await second.next(within: .seconds(20))?.subject == "a.c")
        #expect(await second.next(within: .milliseconds(100)) == nil)
        #expect(await subscription.next(within: .milliseconds(100)) == nil)
        #expect(bus.statistics.received == 3)
        await bus.close()
    }

    @Test func `what is no envelope is counted, and harms nobody`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let subscription = try await bus.subscribe(to: ">")
        let client = try PlainClient(port: server.port)
        let block = "NATS/1.0\r\nEB: {\"v\":1,\r\n\r\n"
        client.send("HPUB \(namespace).a \(block.utf8.count) \(block.utf8.count)\r\n\(block)\r\n")
        client.send("PUB \(namespace).\u{FF}*x 0\r\n\r\n")
        client.send("PUB _eb.\(namespace).all 3\r\n\u{1}bc\r\n")
        try await eventually { bus.statistics.malformed == 3 }
        client.send("PUB \(namespace).b 0\r\n\r\n")
        #expect(await subscription.next(within: .seconds(20))?.subject == "b")
        await bus.close()
    }

    @Test func `plain client reads the payload as it is, and one header`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let bus = try await NATSBus.on(server, namespace: namespace)
        let client = try PlainClient(port: server.port)
        client.send("SUB \(namespace).> 1\r\nPING\r\n")
        _ = try client.read(until: "PONG\r\n")
        var envelope = Envelope(subject: "a.b", rawPayload: Data("{\"n\": 1}".utf8))
        envelope.runID = "r\r\n1"
        try await bus.publish(envelope)
        let text = try client.read(until: "{\"n\": 1}\r\n")
        #expect(text.hasPrefix("HMSG \(namespace).a.b 1 "))
        #expect(text.contains("\r\nEB: {\"v\":1,\"origin\":\""))
        #expect(text.contains("\"run_id\":\"r\\r\\n1\""))
        await bus.close()
    }
}

/// A client that speaks the protocol of NATS by hand.
final class PlainClient {
    private let socket: FileHandle
    private var unread = Data()

    struct Failure: Error {}

    init(port: Int) throws {
        let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let code = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure() }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        socket = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        send("CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\nPING\r\n")
        _ = try read(until: "PONG\r\n")
    }

    func send(_ text: String) { try? socket.write(contentsOf: Data(text.utf8)) }

    /// What comes up to a text, with it.
    func read(until end: String) throws -> String {
        while true {
            if let range = unread.range(of: Data(end.utf8)) {
                defer { unread.removeSubrange(..<range.upperBound) }
                return String(decoding: unread[..<range.upperBound], as: UTF8.self)
            }
            let data = try bytes()
            unread.append(data)
        }
    }

    private func bytes() throws -> Data {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(socket.fileDescriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure() }
        return Data(buffer[..<count])
    }
}
