import Foundation
import Testing

@testable import EventCore

@Suite struct EventIdentifierTests {
    @Test(
        "the text of an xid",
        arguments: [
            // The example of github.com/rs/xid: 4d88e15b 60f486e428 412dc9.
            (0x4D88_E15B, 0x60_F486_E428, 0x41_2DC9, "9m4e2mr0ui3e8a215n4g"),
            (0, 0, 0, "00000000000000000000"),
            (0xFFFF_FFFF, 0xFF_FFFF_FFFF, 0xFF_FFFF, "vvvvvvvvvvvvvvvvvvvg"),
            (0, 0, 1, "0000000000000000000g"),
            (1, 0, 0, "00000080000000000000"),
        ] as [(UInt64, UInt64, UInt64, String)]
    )
    func text(_ seconds: UInt64, _ process: UInt64, _ counter: UInt64, _ expected: String) {
        #expect(EventIdentifier(stamp: seconds << 24 | counter, process: process).text == expected)
    }

    @Test("its bytes are seconds, process and counter", arguments: 0..<100)
    func bytes(_ round: Int) throws {
        let seconds = UInt64.random(in: 0...0xFFFF_FFFF)
        let process = UInt64.random(in: 0...0xFF_FFFF_FFFF)
        let counter = UInt64.random(in: 0...0xFF_FFFF)
        let text = EventIdentifier(stamp: seconds << 24 | counter, process: process).text
        let xid = try #require(XID(text))
        #expect(xid == XID(seconds: seconds, process: process, counter: counter), "\(text)")
    }

    @Test("a text that is read is written again", arguments: 0..<100)
    func reading(_ round: Int) throws {
        let id = EventIdentifier(stamp: .random(in: 0..<1 << 56), process: .random(in: 0..<1 << 40))
        let text = id.text
        #expect(EventIdentifier(Array(text.utf8).span) == id)
        #expect(EnvelopeIdentity(text) == .xid(id))
    }

    @Test(
        "any other text is no xid, and is kept",
        arguments: [
            "order-7", "9m4e2mr0ui3e8a215n4", "9m4e2mr0ui3e8a215n4g0", "9m4e2mr0ui3e8a215n41", "9M4E2MR0UI3E8A215N4G",
            "9m4e2mr0ui3e8a215n4w", "9m4e2mr0ui3e8a215né", "/m4e2mr0ui3e8a215n4g", ":m4e2mr0ui3e8a215n4g",
            "`m4e2mr0ui3e8a215n4g",
        ]
    )
    func other(_ text: String) {
        #expect(EventIdentifier(Array(text.utf8).span) == nil)
        #expect(EnvelopeIdentity(text) == .other(text))
        #expect(EnvelopeIdentity(text).text == text)
    }

    @Test func `the parts of an envelope stay small enough to be freed without a lock`() {
        #expect(MemoryLayout<Envelope.Fields>.size <= 104)
    }

    @Test func `texts sort as their bytes do`() {
        let stamps = (0..<1000).map { _ in UInt64.random(in: 0..<1 << 56) }.sorted()
        let texts = stamps.map { EventIdentifier(stamp: $0, process: 0x60_F486_E428).text }
        #expect(texts == texts.sorted())
        #expect(Set(texts).count == Set(stamps).count)
    }

    @Test func `an id names the time and the process it was made at`() throws {
        let now = Int64(Date().timeIntervalSince1970)
        let first = try #require(XID(EventIdentifier(at: now).text))
        let second = try #require(XID(EventIdentifier(at: now).text))
        // Another test may have made one a moment later.
        #expect((now...now + 60).contains(Int64(first.seconds)))
        #expect(first.process == second.process)
        #expect(first != second)
    }

    @Test func `ids sort by creation also when the clock goes back`() {
        let now = Int64(Date().timeIntervalSince1970)
        let ids = (0..<1000).map { EventIdentifier(at: now - Int64($0) * 10).text }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func `ids of eight threads are unique, and sorted within each`() async {
        let now = Int64(Date().timeIntervalSince1970)
        let ids = await onThreads(8) { (0..<100_000).map { _ in EventIdentifier(at: now).text } }
        for batch in ids { #expect(isAscending(batch)) }
        #expect(Set(ids.joined()).count == 800_000)
    }

    private func isAscending(_ ids: [String]) -> Bool {
        zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 }
    }

    private func onThreads<Result: Sendable>(_ count: Int, _ body: @escaping @Sendable () -> Result) async -> [Result] {
        await withTaskGroup { group in
            for _ in 0..<count {
                group.addTask {
                    await withCheckedContinuation { continuation in
                        Thread { continuation.resume(returning: body()) }.start()
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}

/// An xid taken apart, bit by bit.
struct XID: Equatable {
    var seconds, process, counter: UInt64

    init(seconds: UInt64, process: UInt64, counter: UInt64) {
        (self.seconds, self.process, self.counter) = (seconds, process, counter)
    }

    init?(_ text: String) {
        let alphabet = "0123456789abcdefghijklmnopqrstuv"
        guard text.utf8.count == 20 else { return nil }
        var bits: [UInt64] = []
        for character in text {
            guard let index = alphabet.firstIndex(of: character) else { return nil }
            let digit = alphabet.distance(from: alphabet.startIndex, to: index)
            bits += (0..<5).reversed().map { UInt64(digit >> $0 & 1) }
        }
        guard bits[96...].allSatisfy({ $0 == 0 }) else { return nil }
        let number = { (range: Range<Int>) in bits[range].reduce(0) { $0 << 1 | $1 } }
        self.init(seconds: number(0..<32), process: number(32..<72), counter: number(72..<96))
    }
}
