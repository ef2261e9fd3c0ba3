import EventCore
import Testing

@testable import EventNATS

@Suite struct ControlMessageTests {
    static let id = Envelope(subject: "x").id

    static let messages: [ControlMessage] = [
        .hello(
            Presence(
                bus: id,
                server: "S",
                endpoint: "nats://a:1",
                version: 7,
                patterns: ["a.*", ">"],
                part: 1,
                parts: 3
            )
        ),
        .present(Presence(bus: id, server: "", endpoint: "", version: 0)),
        .changed(bus: id, InterestChange(version: .max, pattern: "é.>", isWanted: true)),
        .changed(bus: id, InterestChange(version: 1, pattern: "a", isWanted: false)),
        .question(bus: id, token: 128), .answer(bus: id, server: "S", token: 127), .unsure(bus: id),
        .ledger(
            LedgerLines(
                bus: id,
                serial: 3,
                number: 300,
                isLast: true,
                segments: [
                    .init(version: 1, from: 0, to: 0, total: 0), .init(version: 2, from: 5, to: 200, total: 195),
                    .init(version: 3, from: 200, total: 100),
                ]
            )
        ),
        .read(bus: id, serial: 3), .here(bus: id, server: "S", version: 300, groups: .max), .bye(bus: id),
        .member(bus: id, Interest("a.*", group: "caf\u{E9}"), isIn: true),
        .member(bus: id, Interest(">", group: "w"), isIn: false),
    ]

    @Test(arguments: messages) func `comes back`(_ message: ControlMessage) throws {
        #expect(try ControlMessage(message.bytes) == message)
        // What a later program adds is ignored.
        #expect(try ControlMessage(message.bytes + [1, 2, 3]) == message)
    }

    @Test(arguments: messages) func `is refused when it is cut`(_ message: ControlMessage) {
        for count in 0..<message.bytes.count {
            #expect(throws: ControlMessage.Fault.malformed) { try ControlMessage(Array(message.bytes.prefix(count))) }
        }
    }

    @Test(arguments: messages) func `is read or refused when bytes are wrong`(_ message: ControlMessage) throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = message.bytes
            for _ in 0...Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            guard let read = try? ControlMessage(bytes) else { continue }
            #expect(try ControlMessage(read.bytes) == read)
        }
    }

    @Test func `of another version is told apart`() {
        #expect(throws: ControlMessage.Fault.otherVersion(9)) { try ControlMessage([9, 1]) }
    }

    @Test func `a ledger that counts more than there was is refused`() {
        let segment = LedgerLines.Segment(version: 1, from: 10, total: 11)
        let lines = LedgerLines(bus: Self.id, serial: 1, number: 20, segments: [segment])
        #expect(throws: ControlMessage.Fault.malformed) { try ControlMessage(ControlMessage.ledger(lines).bytes) }
    }

    @Test func `a ledger of more counts than a bus keeps is refused`() throws {
        var lines = LedgerLines(bus: Self.id, serial: 1, number: 1000, segments: [])
        lines.segments = (0..<UInt64(SentBook.maximumSegments)).map { .init(version: $0, from: $0, total: 0) }
        #expect(try ControlMessage(ControlMessage.ledger(lines).bytes) == .ledger(lines))
        lines.segments.append(.init(version: 999, from: 999, total: 0))
        #expect(throws: ControlMessage.Fault.malformed) { try ControlMessage(ControlMessage.ledger(lines).bytes) }
    }
}
