import Testing

@testable import EventCore

@Suite(.timeLimit(.minutes(2))) struct LinkedQueueTests {
    private typealias Queue = LinkedQueue<Int>

    /// A queue and the same in an array, with the places of those that have left.
    private struct Pair {
        var queue = Queue()
        var elements: [(element: Int, place: Queue.Place)] = []
        var past: [Queue.Place] = []
        var next = 0
        var faults = 0

        mutating func append() {
            next += 1
            elements.append((next, queue.append(next)))
        }

        mutating func popFirst() {
            let first = elements.isEmpty ? nil : elements.removeFirst()
            check(queue.popFirst() == first?.element)
            if let first { past.append(first.place) }
        }

        mutating func remove(_ index: Int) {
            let removed = elements.remove(at: index)
            check(queue.remove(at: removed.place) == removed.element)
            past.append(removed.place)
        }

        mutating func check() {
            check(queue.isEmpty == elements.isEmpty)
            for place in past { check(queue.remove(at: place) == nil) }
        }

        private mutating func check(_ isTrue: Bool) {
            if !isTrue { faults += 1 }
        }
    }

    @Test func `every sequence of eight steps does what it does to an array`() async {
        var faults = 0
        await explore(Pair(), depth: 8, &faults)
        #expect(faults == 0)
    }

    private func explore(_ pair: Pair, depth: Int, _ faults: inout Int) async {
        guard depth > 0 else { return }
        if depth == 5 { await Task.yield() }  // Tests beside this one wait for events with deadlines.
        var steps: [(inout Pair) -> Void] = [{ $0.append() }, { $0.popFirst() }]
        for index in pair.elements.indices.dropFirst() { steps.append { $0.remove(index) } }
        for step in steps {
            var next = pair
            step(&next)
            next.check()
            faults += next.faults
            await explore(next, depth: depth - 1, &faults)
        }
    }

    /// With a search for each of them this would take hours.
    @Test func `half a million leave from the end in no time`() {
        var queue = Queue()
        let places = (0..<500_000).map { queue.append($0) }
        var faults = 0
        for (element, place) in places.enumerated().reversed() where queue.remove(at: place) != element { faults += 1 }
        #expect(faults == 0 && queue.isEmpty)
    }

    @Test func `many that leave from any place leave the others in order`() {
        var generator = SplitMix64(seed: 7)
        var pair = Pair()
        for _ in 0..<20_000 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0, 1: pair.append()
            case 2 where !pair.elements.isEmpty:
                pair.remove(.random(in: pair.elements.indices, using: &generator))
            default: pair.popFirst()
            }
        }
        pair.past = pair.past.suffix(100)
        while !pair.elements.isEmpty { pair.popFirst() }
        pair.check()
        #expect(pair.faults == 0)
    }

    @Test func `places are used again, and given back when it is empty and had many`() {
        var queue = Queue()
        for number in 0..<8 { _ = queue.append(number) }
        for number in 8..<100 {
            let first = queue.popFirst()
            #expect(first == number - 8)
            _ = queue.append(number)
        }
        #expect(queue.placeCount == 8)
        while queue.popFirst() != nil {}
        #expect(queue.placeCount == 8)
        for number in 0..<9 { _ = queue.append(number) }
        while queue.popFirst() != nil {}
        #expect(queue.placeCount == 0)
    }
}
