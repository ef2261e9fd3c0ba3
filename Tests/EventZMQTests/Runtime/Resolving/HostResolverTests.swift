import EventCore
import LinkRuntime
import ProcessSupport
import Testing

@testable import EventZMQ

@Suite struct HostResolverTests {
    private func resolve(_ host: String, ipv6: Bool = false) async -> HostResolver.Answer {
        await withCheckedContinuation { continuation in
            HostResolver.resolve(host: host, ipv6: ipv6) { continuation.resume(returning: $0) }
        }
    }

    @Test func `the local host has a local address`() async throws {
        #expect(try await resolve("localhost").get().contains("127.0.0.1"))
        let both = try await resolve("localhost", ipv6: true).get()
        #expect(Set(both).isSubset(of: ["127.0.0.1", "[::1]"]) && !both.isEmpty)
    }

    @Test(arguments: [("::1", "[::1]"), ("2001:DB8:0::1", "[2001:db8::1]"), ("127.0.0.1", "127.0.0.1")])
    func `digits stand for themselves`(_ host: String, _ address: String) async throws {
        #expect(try await resolve(host, ipv6: true).get() == [address])
    }

    @Test(arguments: ["nosuch.invalid", "", "a b"])
    func `a name that nobody has is refused in words`(_ host: String) async {
        guard case .failure(let failure) = await resolve(host) else {
            Issue.record("\(host) has an address")
            return
        }
        #expect(failure.reason.contains { $0.isLetter })
    }

    @Test func `an IPv6 address is none where only IPv4 is wanted`() async {
        guard case .failure = await resolve("::1") else {
            Issue.record("::1 has an IPv4 address")
            return
        }
    }

    /// Lets look-ups wait until they are released, and counts them.
    private final class Gate: Sendable {
        struct State {
            var running = 0
            var most = 0
            var released: Set<String> = []
            var finished: [String] = []
        }

        let state = Lock(State())

        func lookUp(_ host: String) -> HostResolver.Answer {
            state.withLock { state in
                state.running += 1
                state.most = max(state.most, state.running)
            }
            while state.withLock({ !$0.released.contains(host) }) { ServiceThread.yield() }
            state.withLock { $0.running -= 1 }
            return .success([host])
        }
    }

    @Test func `a few names are looked up at once, and one that hangs does not stop others`() async throws {
        let gate = Gate()
        let resolver = HostResolver(maximumThreads: 3) { host, _ in gate.lookUp(host) }
        for host in ["stuck", "a", "b", "c", "d"] {
            resolver.resolve(host: host, ipv6: false) { answer in
                gate.state.withLock { $0.finished += (try? answer.get()) ?? [] }
            }
        }
        try await eventually { gate.state.withLock { $0.running == 3 } }
        #expect(gate.state.withLock { $0.finished.isEmpty })
        gate.state.withLock { $0.released = ["a", "b", "c", "d"] }
        try await eventually { gate.state.withLock { Set($0.finished) == ["a", "b", "c", "d"] } }
        #expect(gate.state.withLock { $0.most } == 3)
        gate.state.withLock { _ = $0.released.insert("stuck") }
        try await eventually { gate.state.withLock { $0.finished.last == "stuck" } }
        resolver.resolve(host: "a", ipv6: false) { _ in gate.state.withLock { $0.finished.append("again") } }
        try await eventually { gate.state.withLock { $0.finished.last == "again" } }
    }
}
