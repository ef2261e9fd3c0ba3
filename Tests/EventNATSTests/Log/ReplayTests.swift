import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ReplayTests {
    @Test func `goes over from what is there to what is appended, without a hole or a repetition`() async throws {
        let log = try await NATSLog.fresh()
        async let appending: Void = log.append(0..<2000)
        // Somewhere in the middle.
        try await eventually(within: .seconds(200)) { try await log.info.count >= 500 }
        let replay = try await log.replay()
        #expect(try await numbers(of: replay, 2000) == Array(0..<2000))
        try await appending
        await log.close()
        #expect(try await replay.next() == nil)
    }

    @Test func `begins where it is asked to`() async throws {
        let log = try await NATSLog.fresh()
        try await log.append(0..<5)
        let times = try await entries(of: log.replay(), 5).map(\.time)
        #expect(try await numbers(of: log.replay(from: .sequence(3)), 3) == [2, 3, 4])
        let replay = try await log.replay(from: .time(times[3].addingTimeInterval(1e-6)))
        #expect(try await replay.next()?.sequence ?? 0 >= 4)
        let live = try await log.replay(from: .end)
        try await log.append(5..<6)
        #expect(try await numbers(of: live, 1) == [5])
        await log.close()
    }

    private func entries(of replay: NATSLogReplay, _ count: Int) async throws -> [NATSLogEntry] {
        var entries: [NATSLogEntry] = []
        while entries.count < count, let entry = try await replay.next() { entries.append(entry) }
        return entries
    }

    @Test func `takes what fits its pattern, and says how much is behind`() async throws {
        let log = try await NATSLog.fresh()
        for number in 0..<10 {
            try await log.append(try Envelope(subject: number.isMultiple(of: 2) ? "a.x" : "b.x", payload: number))
        }
        let found = try await entries(of: log.replay(of: "a.*"), 5)
        #expect(found.map(\.sequence) == [1, 3, 5, 7, 9])
        #expect(found.map(\.remaining) == [4, 3, 2, 1, 0])
        await log.close()
    }

    @Test func `a slow reader gets everything, and the server sends only so much ahead`() async throws {
        let log = try await NATSLog.fresh()
        let count = 3000
        try await withThrowingTaskGroup { group in
            for number in 0..<count {
                group.addTask {
                    let payload = Data("\"\(number)\(String(repeating: "x", count: 20_000))\"".utf8)
                    try await log.append(Envelope(subject: "a.b", rawPayload: payload))
                }
            }
            try await group.waitForAll()
        }
        let replay = try await log.replay()
        var sequences: [UInt64] = []
        while sequences.count < count, let entry = try await replay.next() {
            sequences.append(entry.sequence)
            if sequences.count == 1 { try await log.append(Envelope(subject: "a.c")) }
        }
        #expect(sequences == Array(1...UInt64(count)))
        await log.close()
    }

    @Test func `goes on behind the last one when the server was away`() async throws {
        let server = try await NATSServer.withJetStream()
        let log = try await NATSLog.fresh(on: server) {
            $0.storage = .file; $0.timeout = .seconds(60)
        }
        let replay = try await log.replay()
        try await log.append(0..<100)
        #expect(try await numbers(of: replay, 50) == Array(0..<50))
        for round in 1...3 {
            await server.kill()
            try await server.start()
            try await log.append(round * 100..<(round + 1) * 100)
        }
        #expect(try await numbers(of: replay, 350) == Array(50..<400))
        await log.close()
    }

    @Test func `ends when its task is cancelled, and with an error when the server refuses it`() async throws {
        let log = try await NATSLog.fresh()
        let replay = try await log.replay()
        let task = Task { try await replay.next() }
        task.cancel()
        #expect(try await task.value == nil)
        let queue = try await NATSLog.fresh { $0.retention = .workQueue }
        let error = await #expect(throws: EventError.self) { try await queue.replay() }
        #expect(reason(of: error).contains("workqueue"))
        await log.close()
        await queue.close()
        let late = await #expect(throws: EventError.self) { try await log.replay() }
        #expect(late == .busClosed)
    }

    @Test func `the last entry says so when what follows it is no envelope`() async throws {
        let server = try await SharedLog.server.value
        let name = freshName()
        let log = try await NATSLog.fresh(stream: name)
        let client = try PlainClient(port: server.port)
        try await log.append(0..<2)
        try client.publish("1", to: "\(name).a", header: "EB: garbage")
        try await log.append(2..<3)
        for _ in 0..<2 { try client.publish("1", to: "\(name).a", header: "EB: garbage") }
        var found: [UInt64] = []
        for try await entry in try await log.replay() {
            found.append(entry.sequence)
            if entry.remaining == 0 { break }
        }
        #expect(found == [1, 2, 4])
        let only = try await log.replay(from: .sequence(5))
        #expect(try await only.nextThere() == nil)
        // And it goes on.
        try await log.append(3..<4)
        #expect(try await only.nextThere()?.sequence == 7)
        await log.close()
    }

    @Test func `ends with an error when another stream of the name is made`() async throws {
        let server = try await NATSServer.withJetStream()
        let name = freshName()
        let log = try await NATSLog.fresh(on: server, stream: name)
        try await log.append(0..<50)
        let replay = try await log.replay()
        #expect(try await numbers(of: replay, 50) == Array(0..<50))
        // With its memory goes the stream.
        await server.kill()
        try await server.start()
        let anew = try await NATSLog.fresh(on: server, stream: name)
        try await anew.append(0..<60)
        let error = await #expect(throws: EventError.self) { while try await replay.next() != nil {} }
        #expect(reason(of: error).contains("stream not found"))
        await log.close()
        await anew.close()
    }

    @Test func `message of a plain client has an id and a time that stay`() async throws {
        let server = try await SharedLog.server.value
        let name = freshName()
        let log = try await NATSLog.fresh(stream: name)
        let client = try PlainClient(port: server.port)
        client.send("PUB \(name).plain 5\r\nhello\r\nPING\r\n")
        _ = try client.read(until: "PONG\r\n")
        let first = try #require(await log.replay().next())
        let second = try #require(await log.replay().next())
        #expect(first.envelope.payload == Data("hello".utf8))
        #expect(first.envelope.id == "\(name).1")
        #expect(first.envelope.time == first.time)
        #expect(first == second)
        await log.close()
    }
}
