import EventCore
import EventNATS
import NATSSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct CredentialTests {
    @Test func `a key proves who the bus is, and its seed is read from a file`() async throws {
        let folder = try TestFolder()
        let configuration = "authorization { users = [ { nkey: \(TestCredentials.key) } ] }"
        let server = try await NATSServer(["-c", try folder.write(configuration, as: "server.conf")])
        let seed = try folder.write(TestCredentials.seed, as: "seed")
        try await serves(server, .nkey(TestCredentials.key, seedFile: seed))
        await #expect(throws: EventError.self) { _ = try await NATSBus.on(server) }
        await #expect(throws: EventError.self) {
            _ = try await NATSBus.on(server) {
                $0.credentials = .nkey(TestCredentials.key, seedFile: folder.path("missing"))
            }
        }
        await server.kill()
    }

    @Test func `a credentials file proves who the bus is`() async throws {
        let folder = try TestFolder()
        let configuration = try folder.write(TestCredentials.serverConfiguration, as: "server.conf")
        let server = try await NATSServer(["-c", configuration])
        try await serves(server, .file(try folder.write(TestCredentials.file, as: "user.creds")))
        await #expect(throws: EventError.self) { _ = try await NATSBus.on(server) }
        await server.kill()
    }

    /// Expects a bus with credentials to be let in, also for groups.
    private func serves(_ server: NATSServer, _ credentials: NATSCredentials) async throws {
        let bus = try await NATSBus.on(server) { $0.credentials = credentials }
        let plain = try await bus.subscribe(to: "a")
        let member = try await bus.subscribe(to: "a", options: .init(group: "w"))
        #expect(plain.confirmation?.isComplete == true)
        #expect(member.confirmation?.isComplete == true)
        await bus.close()
    }
}
