import Foundation
import ProcessSupport
import Testing

/// Keys from the shell: made, shown, asked for.
@Suite(.timeLimit(.minutes(2))) final class KeyTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "eb-\(UUID().uuidString.prefix(8))")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func generate(_ name: String) async throws -> String {
        let made = try await Program.run(["keygen", "\(folder)/\(name)"])
        #expect(made.status == 0)
        return try #require(made.lines.first.map(String.init))
    }

    @Test func `a pair is made once, and either file shows the public key and no other`() async throws {
        let key = try await generate("orders")
        #expect(key.utf8.count == 40)
        for file in ["orders.key", "orders.key_secret"] {
            let shown = try await Program.run(["key", "show", "\(folder)/\(file)"])
            #expect(shown.output == "\(key)\n")
        }
        let again = try await Program.run(["keygen", "\(folder)/orders"])
        #expect(again.status == 64)
        #expect(again.errors.contains("orders.key_secret"))
        #expect(try await Program.run(["key", "show", "\(folder)/none"]).status == 64)
    }

    @Test func `those who have proved who they are can be listed, and a secret that others can read is refused`()
        async throws
    {
        let publisher = try await generate("publisher")
        let subscriber = try await generate("subscriber")
        try Data("\(publisher) orders publish=orders.>\n".utf8).write(to: URL(filePath: "\(folder)/peers"))
        let binding = "zmq:?subscribe=bind:tcp://127.0.0.1:*&key=\(folder)/subscriber.key_secret&allow=\(folder)/peers"
        func bus(at bound: String) -> String {
            "zmq:?publish=connect:\(bound.dropFirst("bound ".count))&key=\(folder)/publisher.key_secret"
                + "&server-key-file=\(folder)/subscriber.key"
        }

        let collector = try Program(["peers", "--within", "30s", "--count", "1", "--bus", binding])
        let ofCollector = bus(at: try #require(await collector.errorLine(beginning: "bound ")))
        let waiting = try Program(["pub", "orders.x", "--wait-for-subscribers", "2", "--bus", ofCollector])
        let listed = await collector.outcome()
        #expect(listed.status == 0 && listed.output.hasPrefix("publisher\torders\t"))
        await waiting.end(by: SIGTERM)

        let reader = try Program(["sub", ">", "--bus", binding])
        let ofReader = bus(at: try #require(await reader.errorLine(beginning: "bound ")))
        let peers = try await Program.run(["peers", "--within", "30s", "--count", "1", "--bus", ofReader])
        #expect(peers.status == 0 && peers.output.hasPrefix("subscriber\t\(subscriber)\t"))
        await reader.end(by: SIGTERM)

        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640],
            ofItemAtPath: "\(folder)/publisher.key_secret"
        )
        let refused = try await Program.run(["peers", "--bus", ofReader])
        #expect(refused.status == 64)
        #expect(refused.errors.contains("publisher.key_secret") && !refused.errors.contains("secret-key"))
    }
}
