import Testing

@testable import EventCore

@Suite struct SegmentedBufferTests {
    /// Drives the buffer and an array through the same steps, from a seed, at lengths around those of its parts.
    @Test("is a queue", arguments: 0..<20 as Range<UInt64>, [10, 64, 70, 320, 700])
    func queue(seed: UInt64, length: Int) {
        var generator = SplitMix64(seed: seed)
        var buffer = SegmentedBuffer<Int>()
        var queue: ArraySlice<Int> = []
        var faults = 0
        var isGrowing = true
        for step in 0..<length * 20 {
            if queue.count >= length { isGrowing = false }
            if queue.isEmpty { isGrowing = true }
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where !queue.isEmpty:
                queue.append(step)
                if buffer.rotate(in: step) != queue.popFirst() { faults += 1 }
            case let turn where (turn < 4) == isGrowing:
                buffer.append(step)
                queue.append(step)
            default:
                if buffer.popFirst() != queue.popFirst() { faults += 1 }
            }
            if buffer.count != queue.count || buffer.isEmpty != queue.isEmpty { faults += 1 }
        }
        while let next = buffer.popFirst(), next == queue.first { queue.removeFirst() }
        #expect(queue.isEmpty && faults == 0)
    }

    @Test func `what a burst needed is given back when it has drained`() {
        var buffer = SegmentedBuffer<Int>()
        for element in 0..<100_000 { buffer.append(element) }
        #expect(buffer.placeCount < 100_000 + 2 * 256)
        let faultsBefore = (0..<50_000).count { buffer.popFirst() != $0 }
        #expect(buffer.placeCount < 50_000 + 3 * 256)
        let faultsAfter = (50_000..<100_000).count { buffer.popFirst() != $0 }
        #expect(buffer.placeCount == 0)
        #expect(buffer.isEmpty && faultsBefore == 0 && faultsAfter == 0)
    }

    @Test func `when the last that did not fit the ring has left, nothing is left`() {
        var buffer = SegmentedBuffer<Int>()
        for element in 0..<65 { buffer.append(element) }
        #expect(buffer.placeCount == 64 + 256)
        while buffer.popFirst() != nil {}
        #expect(buffer.placeCount == 0)
    }

    @Test func `of the segments that have become empty a queue keeps one`() {
        var queue = SegmentQueue<Int>()
        for element in 0..<1024 { queue.append(element) }
        var places: [Int] = []
        for _ in 1...3 {
            for _ in 0..<256 { _ = queue.popFirst() }
            places.append(queue.placeCount)
        }
        #expect(places == [1024, 768, 512])
    }

    @Test func `a buffer that never held more than fits the ring keeps that`() {
        var buffer = SegmentedBuffer<Int>()
        for element in 0..<64 { buffer.append(element) }
        let faults = (0..<64).count { buffer.popFirst() != $0 }
        #expect(faults == 0 && buffer.isEmpty && buffer.placeCount == 64)
    }

    @Test("a full buffer that loses its oldest stays as large as it is", arguments: [4, 64, 65, 1024])
    func full(capacity: Int) {
        var buffer = SegmentedBuffer<Int>()
        for element in 0..<capacity { buffer.append(element) }
        var (largest, faults) = (0, 0)
        for element in capacity..<10 * capacity + 5000 {
            if buffer.rotate(in: element) != element - capacity { faults += 1 }
            largest = max(largest, buffer.placeCount)
        }
        #expect(largest < capacity + 64 + 3 * 256)
        #expect(faults == 0 && buffer.count == capacity)
    }

    @Test func `a copy is one of its own`() {
        var first = SegmentedBuffer<Int>()
        for element in 0..<500 { first.append(element) }
        var second = first
        let faults = (0..<500).count { second.popFirst() != $0 }
        #expect(faults == 0 && second.isEmpty && first.count == 500 && first.popFirst() == 0)
    }

    @Test("lets go of what leaves it", arguments: [1, 64, 300])
    func releases(count: Int) {
        final class Token {}
        var buffer = SegmentedBuffer<Token>()
        weak var popped: Token?
        weak var rotated: Token?
        for _ in 0...count { buffer.append(Token()) }
        for _ in 0..<count {
            let token = buffer.popFirst()
            popped = token
            buffer.append(Token())
            rotated = buffer.rotate(in: Token())
        }
        #expect(popped == nil)
        #expect(rotated == nil)
        #expect(buffer.count == count + 1)
    }
}
