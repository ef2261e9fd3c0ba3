import Testing

@testable import EventCore

@Suite struct DeadlineHeapTests {
    private final class Item: Scheduled {
        let deadline: ContinuousClock.Instant
        var place: Int?

        init(_ deadline: ContinuousClock.Instant) { self.deadline = deadline }
    }

    private let start = ContinuousClock.now

    private func item(_ second: Int) -> Item { Item(start + .seconds(second)) }

    /// Takes out everything, which has to come in order.
    private func drain(_ heap: inout DeadlineHeap<Item>) -> [ContinuousClock.Instant] {
        var deadlines: [ContinuousClock.Instant] = []
        while let next = heap.popFirst(until: start + .seconds(1000)) { deadlines.append(next.deadline) }
        return deadlines
    }

    @Test func `in every order of seven, and with any one taken out, it answers as a sorted array does`() {
        var faults = 0
        for order in permutations(of: [0, 1, 1, 2, 3, 3, 4]) {
            for removed in order.indices {
                var heap = DeadlineHeap<Item>()
                var items = order.map(item)
                for item in items { heap.insert(item) }
                if !heap.remove(items[removed]) || heap.remove(items[removed]) { faults += 1 }
                items.remove(at: removed)
                if heap.count != items.count || heap.first?.deadline != items.map(\.deadline).min() { faults += 1 }
                if drain(&heap) != items.map(\.deadline).sorted() { faults += 1 }
            }
        }
        #expect(faults == 0)
    }

    @Test("after any steps it answers as a sorted array does", arguments: 0..<20 as Range<UInt64>)
    func steps(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var heap = DeadlineHeap<Item>()
        var items: [Item] = []
        for _ in 0..<3000 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0...2:
                let item = item(.random(in: 0..<50, using: &generator))
                heap.insert(item)
                items.append(item)
            case 3 where !items.isEmpty:
                let item = items.remove(at: .random(in: items.indices, using: &generator))
                #expect(heap.remove(item) && item.place == nil)
            default:
                let now = start + .seconds(Int.random(in: 0..<50, using: &generator))
                let earliest = items.map(\.deadline).min()
                let item = heap.popFirst(until: now)
                #expect(item?.deadline == earliest.flatMap { $0 <= now ? $0 : nil })
                items.removeAll { $0 === item }
            }
            #expect(heap.count == items.count)
        }
        #expect(drain(&heap) == items.map(\.deadline).sorted())
    }

    @Test func `places are given back when it has become small, and not for every element`() {
        var heap = DeadlineHeap<Item>()
        let items = (0..<1000).map(item)
        for item in items { heap.insert(item) }
        let most = heap.placeCount
        for item in items[..<100] { _ = heap.remove(item) }
        #expect(heap.placeCount == most)
        for item in items[100..<990] { _ = heap.remove(item) }
        #expect(heap.placeCount <= 64)
        #expect(drain(&heap) == items[990...].map(\.deadline))
    }

    private func permutations(of items: [Int]) -> [[Int]] {
        guard items.count > 1 else { return [items] }
        return items.indices.flatMap { index in
            var rest = items
            let item = rest.remove(at: index)
            return permutations(of: rest).map { [item] + $0 }
        }
    }
}
