import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct SubscribeGroupTests {
    @Test func `each envelope is printed by one member of a group`() async throws {
        let server = try await NATSServer()
        let url = "\(server.url)?namespace=shop"
        let members = try (0..<3).map { _ in try Program(["sub", "a.*", "b.*", "--group", "workers", "--bus", url]) }
        for member in members { #expect(await member.errorLine(beginning: "subscribed to") != nil) }
        let arguments = ["pub", "--wait-for-subscribers", "3", "--bus", url]
        let published = try await Program.run(arguments, input: alternatingLines(600))
        #expect(published.status == 0)
        var numbers: [Int] = []
        for member in members {
            // The server sends it no more from then on, and what it has been sent before is printed.
            member.send(signal: SIGTERM)
            let outcome = await member.outcome()
            #expect(outcome.status == 0)
            #expect(!outcome.lines.isEmpty)
            numbers += outcome.lines.compactMap { Int($0.drop { $0 != "{" }.filter(\.isWholeNumber)) }
        }
        #expect(numbers.sorted() == Array(0..<600))
        await server.kill()
    }

    @Test func `a bus without groups refuses one`() async throws {
        let outcome = try await Program.run(["sub", "a", "--group", "w", "--bus", "zmq:?subscribe=bind:ipc://@x-group"])
        #expect(outcome.status == 64)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("a ZeroMQ mesh has no groups"))
    }
}
