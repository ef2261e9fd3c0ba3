import Foundation
import Testing

@testable import EventCore

@Suite struct PayloadMemoryTests {
    private static func bytes(_ count: Int, from first: Int = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: first + $0) }
    }

    /// Reads a frame of envelopes with such payloads, by a decoder that is gone afterwards.
    private func received(_ payloads: [[UInt8]]) throws -> [Envelope] {
        let frame = try CompactWriter.with { writer throws(EventError) in
            writer.begin("a.b")
            for payload in payloads {
                let envelope = Envelope(subject: "a.b")
                try writer.fields(of: envelope, number: 1, origin: nil, payloadCount: payload.count)
                writer.payload(payload.span)
            }
            return writer.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        }
        var decoder = CompactDecoder()
        var envelopes: [Envelope] = []
        try decoder.decode(frame.span, from: { nil }) { envelopes.append($0.envelope) }
        return envelopes
    }

    private func memory(of envelope: Envelope) -> PayloadMemory? {
        guard case .part(let memory, _, _)? = envelope.fields.heldPayload else { return nil }
        return memory
    }

    @Test func `a payload takes no more room in an envelope than a value of Foundation`() {
        // An envelope's storage would else be longer than what glibc frees without a lock.
        #expect(MemoryLayout<Payload?>.size == MemoryLayout<Data?>.size)
        #expect(MemoryLayout<Envelope.Fields>.size <= 104)
    }

    @Test(arguments: [1, 14, 15, 16, 153, 959, 960, 961, 3000])
    func `payloads of one frame come back as they were`(count: Int) throws {
        let payloads = (0..<20).map { Self.bytes(count, from: $0) }
        let envelopes = try received(payloads)
        #expect(envelopes.map { $0.payload.map(Array.init) } == payloads)
        #expect(envelopes.map(\.payloadCount) == payloads.map(\.count))
        #expect(envelopes.map { $0.withPayload { bytes in bytes.indices.map { bytes[$0] } } } == payloads)
        // Where a value begins at another place than 0, code that counts from 0 goes wrong.
        #expect(envelopes.allSatisfy { $0.payload?.startIndex == 0 })
    }

    @Test func `payloads of different lengths come back as they were, whatever memory they have`() throws {
        let payloads = [0, 500, 14, 461, 460, 2000, 15, 960, 1, 959, 40].map { Self.bytes($0, from: $0) }
        #expect(try received(payloads).map { $0.payload.map(Array.init) ?? [] } == payloads)
    }

    @Test func `short payloads share memory, of which there is little`() throws {
        let envelopes = try received(Array(repeating: Self.bytes(100), count: 60))
        let memories = envelopes.compactMap { memory(of: $0).map(ObjectIdentifier.init) }
        #expect(memories.count == 60)
        let most = Dictionary(grouping: memories) { $0 }.values.map(\.count).max() ?? 0
        #expect(most > 1 && most * 100 <= PayloadMemory.greatestCapacity)
    }

    @Test func `what is done to a value that was read is done to no envelope`() throws {
        let envelopes = try received(Array(repeating: Self.bytes(100), count: 2))
        let copy = envelopes[0]
        var changed = try #require(envelopes[0].payload)
        let other = try #require(copy.payload)
        changed[0] = 9
        changed.replaceSubrange(1..<4, with: [9, 9, 9])
        #expect(Array(changed) == [9, 9, 9, 9] + Self.bytes(96, from: 4))
        for payload in [envelopes[0].payload, copy.payload, other, envelopes[1].payload] {
            #expect(payload == Data(Self.bytes(100)))
        }
    }

    @Test func `what is done to one payload is done to no other`() throws {
        var envelopes = try received(Array(repeating: Self.bytes(100), count: 3))
        let shared = envelopes[1].payload
        let copy = envelopes[1]
        envelopes[1].payload?[0] = 9
        #expect(copy.payload == Data(Self.bytes(100)))
        envelopes[1].payload?.append(7)
        #expect(envelopes[0].payload == Data(Self.bytes(100)) && envelopes[2].payload == Data(Self.bytes(100)))
        #expect(envelopes[1].payload == Data([9] + Self.bytes(100).dropFirst() + [7]))
        #expect(shared == Data(Self.bytes(100)))
    }

    @Test func `the memory goes with the last envelope, and a value that was read stays`() throws {
        weak var memory: PayloadMemory?
        var envelopes = try received([Self.bytes(100), Self.bytes(50)])
        memory = self.memory(of: envelopes[0])
        envelopes.removeFirst()
        #expect(memory != nil && envelopes[0].payload == Data(Self.bytes(50)))
        let payload = envelopes[0].payload
        envelopes.removeAll()
        #expect(memory == nil && payload == Data(Self.bytes(50)))
    }

    @Test func `envelopes are equal whatever memory their payloads have`() throws {
        var envelope = try received([Self.bytes(100)])[0]
        let received = envelope
        envelope.payload = Data(Self.bytes(100))
        #expect(memory(of: received) != nil && memory(of: envelope) == nil)
        #expect(envelope == received)
        envelope.payload = Data(Self.bytes(100).reversed())
        #expect(envelope != received)
        envelope.payload = nil
        #expect(envelope != received)
    }
}
