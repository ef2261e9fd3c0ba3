/// What a ``DeadlineHeap`` holds; it knows its place there, so that it is taken out without being searched for.
protocol Scheduled: AnyObject {
    /// Never changes.
    var deadline: ContinuousClock.Instant { get }
    /// The heap's own; `nil` while it is in none.
    var place: Int? { get set }
}

/// Deadlines, of which the earliest is at hand and any can be taken out.
///
/// A binary heap in an array: the element at place *n* is not later than those at 2*n* + 1 and 2*n* + 2. What it needed
/// once it gives back when it has become small.
struct DeadlineHeap<Element: Scheduled> {
    private var elements: [Element] = []

    var count: Int { elements.count }
    var first: Element? { elements.first }
    /// How many places there are, with an element or without.
    var placeCount: Int { elements.capacity }

    /// How many elements have their deadline then or later.
    func count(since start: ContinuousClock.Instant) -> Int { elements.count { $0.deadline >= start } }

    /// Adds an element, which is in no heap.
    ///
    /// - Complexity: O(log *n*), and constant where it is later than most.
    mutating func insert(_ element: Element) {
        elements.append(element)
        rise(element, from: elements.count - 1)
    }

    /// Takes an element out; `false` when it is not there any more.
    ///
    /// - Complexity: O(log *n*).
    mutating func remove(_ element: Element) -> Bool {
        guard let place = element.place else { return false }
        element.place = nil
        let last = elements.removeLast()
        if last !== element {
            rise(last, from: place)
            if last.place == place { sink(last, from: place) }
        }
        giveBack()
        return true
    }

    /// Takes the earliest element out when its deadline has come.
    mutating func popFirst(until now: ContinuousClock.Instant) -> Element? {
        guard let first, first.deadline <= now, remove(first) else { return nil }
        return first
    }

    private mutating func rise(_ element: Element, from start: Int) {
        var place = start
        while place > 0, element.deadline < elements[(place - 1) / 2].deadline {
            put(elements[(place - 1) / 2], at: place)
            place = (place - 1) / 2
        }
        put(element, at: place)
    }

    private mutating func sink(_ element: Element, from start: Int) {
        var place = start
        while place * 2 + 1 < elements.count {
            var child = place * 2 + 1
            if child + 1 < elements.count, elements[child + 1].deadline < elements[child].deadline { child += 1 }
            guard elements[child].deadline < element.deadline else { break }
            put(elements[child], at: place)
            place = child
        }
        put(element, at: place)
    }

    private mutating func put(_ element: Element, at place: Int) {
        elements[place] = element
        element.place = place
    }

    private mutating func giveBack() {
        guard elements.capacity > 64, elements.count < elements.capacity / 4 else { return }
        var smaller: [Element] = []
        smaller.reserveCapacity(elements.count * 2)
        smaller += elements
        elements = smaller
    }
}

extension DeadlineHeap: Sendable where Element: Sendable {}
