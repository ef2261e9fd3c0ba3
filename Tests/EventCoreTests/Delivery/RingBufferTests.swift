import Testing

@testable import EventCore

@Suite struct RingBufferTests {
    /// Drives the buffer and an array through the same steps, from a seed.
    @Test("is a queue", arguments: 0..<50 as Range<UInt64>)
    func queue(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var ring = RingBuffer<Int>()
        var queue: [Int] = []
        for step in 0..<2000 {
            switch generator.next() % 4 {
            case let turn where turn < 2 && queue.count < RingBuffer<Int>.limit:
                ring.append(step)
                queue.append(step)
            case 2:
                #expect(ring.popFirst() == (queue.isEmpty ? nil : queue.removeFirst()))
            default:
                queue.append(step)
                let oldest = queue.count > 1 ? queue.removeFirst() : nil
                #expect(ring.rotate(in: step) == oldest)
            }
            #expect(ring.count == queue.count)
            #expect(ring.isEmpty == queue.isEmpty)
        }
        while let next = ring.popFirst() { #expect(next == queue.removeFirst()) }
        #expect(queue.isEmpty)
    }

    @Test func `refuses what does not fit in`() async {
        await #expect(processExitsWith: .failure) {
            var ring = RingBuffer<Int>()
            for number in 0...RingBuffer<Int>.limit { ring.append(number) }
        }
    }

    @Test func `lets go of what leaves it`() {
        final class Token {}
        var ring = RingBuffer<Token>()
        weak var popped: Token?
        weak var rotated: Token?
        for _ in 0..<4 { ring.append(Token()) }
        do {
            let token = ring.popFirst()
            popped = token
            ring.append(Token())
            rotated = ring.rotate(in: Token())
        }
        #expect(popped == nil)
        #expect(rotated == nil)
        #expect(ring.count == 4)
    }
}
