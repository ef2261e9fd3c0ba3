import Foundation
import ProcessSupport
import Testing

@Suite struct RouteStreamTests {
    @Test func `a delivery is printed while the input is still open`() async throws {
        let program = try Program(["route"])
        for id in 1...3 {
            program.send("\(envelopeLine("a", id: id))\n".utf8)
            let line = await program.readLine()
            #expect(line?.hasSuffix("{\"n\":\(id)}") == true)
        }
        program.closeInput()
        #expect(await program.outcome().status == 0)
    }

    @Test(arguments: ["block", "drop_newest", "drop_oldest"])
    func `a closed output ends it quietly, with the input still open`(policy: String) async throws {
        let program = try Program(["route", "--backpressure", policy])
        program.send(alternatingLines(20_000))
        #expect(await program.readLine() != nil)
        program.closeOutput()
        let outcome = await program.outcome()
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func `a signal prints what was read and the table`(signal: Int32) async throws {
        let program = try Program(["route", "--buffer", "1"])
        program.send(alternatingLines(20_000) + Data("{\"id\":".utf8))
        let first = await program.readLine()
        #expect(first?.hasSuffix("{\"n\":0}") == true)
        program.send(signal: signal)

        let outcome = await program.outcome()
        #expect(outcome.status == 0)
        let counts = try #require(outcome.table[">"])
        #expect(counts.delivered == counts.matched)
        #expect(outcome.printedIDs[">"] == Array(1..<counts.matched))
    }

    @Test func `a second signal ends a program that is stuck on its output`() async throws {
        try await withTemporaryFile(alternatingLines(1000)) { path in
            // What the first chunk of a file gives is then more than a pipe holds.
            let program = try Program(["route", path] + Array(repeating: "--subscribe=>", count: 50))
            #expect(await program.readLine() != nil)
            await program.end(by: SIGINT)
            #expect(await program.outcome().status == 128 + SIGINT)
        }
    }

    #if os(Linux)
    @Test func `a line without end is reported, and does not fill the memory`() async throws {
        let program = try Program(["route"])
        let piece = Data(repeating: UInt8(ascii: "x"), count: 1 << 20)
        for _ in 0..<200 { program.send(piece) }
        program.send("\n\(envelopeLine("a", id: 2))\n".utf8)
        #expect(await program.readLine()?.hasSuffix("{\"n\":2}") == true)
        #expect(try program.peakMemory < 100 << 20)

        program.closeInput()
        let outcome = await program.outcome()
        #expect(outcome.status == 65)
        #expect(outcome.errors.hasPrefix("standard input:1: malformed envelope: a line of 209715200 bytes exceeds"))
    }
    #endif
}
