import EventCore
import EventTransport
import NATSSupport
import Testing

@testable import EventNATS

@Suite(.timeLimit(.minutes(1))) struct TransportTests {
    private let registry = TransportRegistry([.nats, .natsTLS])

    @Test(arguments: [
        ("nats:", "needs a server"), ("nats://", "server 1"), ("nats://a:99999", "server 1"),
        ("nats://a,,b", "server 2"),
        ("nats://a/path", "without a path"), ("nats://a?servers=b", "unknown option"),
        ("nats://a?queueCapacity=0", "'queueCapacity'"), ("nats://a?namespace=_x", "namespace"),
        ("nats://a?user=u", "'user'"), ("nats://a?token-file=f&token-variable=v", "'token-file'"),
        ("nats://a?credentials-file=f&user=u&password-file=p", "one of"), ("nats+tls://a?tls=false", "'tls'"),
        ("nats://a?certificate-file=c", "certificate"), ("nats://a?token-file=/no/such/file", "/no/such/file"),
        ("nats://a?pingInterval=1ms", "pingInterval"), ("nats://a?form=xml", "'form' must be header or body"),
    ])
    func `is refused, with what is wrong`(_ url: String, _ fault: String) async throws {
        let error = await #expect(throws: EventError.self) { _ = try await registry.open(url) }
        let description = "\(String(describing: error))"
        #expect(description.contains(fault), "\(description)")
    }

    @Test func `never repeats what stands before the host`() async throws {
        for url in ["nats://ann:hunter2@127.0.0.1:1", "nats://ann:hunter2@127.0.0.1:x", "nats://ann:hunter2@a b"] {
            let error = await #expect(throws: EventError.self) { _ = try await registry.open(url) }
            #expect(!"\(String(describing: error))".contains("hunter2"))
        }
    }

    @Test func `opens a bus at the hosts of its URL`() async throws {
        let server = try await Shared.server.value
        let bus = try await registry.open(
            "nats://127.0.0.1:1,127.0.0.1:\(server.port)?namespace=\(freshName())&linger=2s"
        )
        #expect(bus is NATSBus)
        await bus.close()
    }
}
