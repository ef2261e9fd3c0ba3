import EventCore
import EventNATS
import NATSSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct TLSTests {
    /// Runs `body` with a server that asks clients for a certificate, and the files there are.
    private func withServer<R>(_ body: (NATSServer, TestFolder) async throws -> R) async throws -> R {
        let folder = try TestFolder()
        let authority = try folder.write(TestCertificates.authority, as: "ca.pem")
        let server = try await NATSServer([
            "--tlsverify", "--tlscacert", authority, "--tlscert",
            try folder.write(TestCertificates.server, as: "server.pem"), "--tlskey",
            try folder.write(TestCertificates.serverKey, as: "server.key"),
        ])
        _ = try folder.write(TestCertificates.client, as: "client.pem")
        _ = try folder.write(TestCertificates.clientKey, as: "client.key")
        let result = try await body(server, folder)
        await server.kill()
        return result
    }

    @Test func `bus with the authority and a certificate of its own is let in`() async throws {
        try await withServer { server, folder in
            let tls = NATSTLS(
                authorityFile: folder.path("ca.pem"),
                certificateFile: folder.path("client.pem"),
                keyFile: folder.path("client.key")
            )
            let namespace = freshName()
            let publisher = try await NATSBus.on(server, namespace: namespace) { $0.tls = tls }
            let subscriber = try await NATSBus.on(server, namespace: namespace) { $0.tls = tls }
            let plain = try await subscriber.subscribe(to: "a")
            // Groups have a connection of their own.
            let member = try await subscriber.subscribe(to: "a", options: .init(group: "w"))
            try await publisher.publish(7, to: "a")
            #expect(try await plain.next(within: .seconds(20))?.decode(Int.self) == 7)
            #expect(try await member.next(within: .seconds(20))?.decode(Int.self) == 7)
            await publisher.close()
            await subscriber.close()
        }
    }

    @Test func `bus is refused without a certificate, and refuses a server that it does not trust`() async throws {
        try await withServer { server, folder in
            await #expect(throws: EventError.self) {
                _ = try await NATSBus.on(server) { $0.tls = NATSTLS(authorityFile: folder.path("ca.pem")) }
            }
            let error = await #expect(throws: EventError.self) {
                _ = try await NATSBus.on(server) {
                    $0.tls = NATSTLS(
                        certificateFile: folder.path("client.pem"),
                        keyFile: folder.path("client.key")
                    )
                }
            }
            #expect("\(String(describing: error))".contains("certificate"))
        }
    }
}
