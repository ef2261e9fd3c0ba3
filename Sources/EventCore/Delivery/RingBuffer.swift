/// A queue in an array whose end joins its start; it gets four times as long when it is full, up to a limit.
///
/// A mailbox that drops its oldest element for each new one, which is what a slow reader's does, turns the ring by one
/// place: with a general deque that takes twice as many instructions.
struct RingBuffer<Element> {
    /// How many elements fit in at most, a power of four: the default capacity of a subscription.
    static var limit: Int { 64 }

    // As many places as a power of two, so that a mask turns the end into the start.
    private var places: ContiguousArray<Element?> = []
    private var first = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// How many places there are; they stay.
    var placeCount: Int { places.count }

    /// Adds an element, which has to fit in.
    @inline(__always)
    mutating func append(_ element: consuming Element) {
        if count == places.count { grow() }
        places[(first &+ count) & (places.count &- 1)] = element
        count &+= 1
    }

    @inline(__always)
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = places[first].take()
        first = (first &+ 1) & (places.count &- 1)
        count &-= 1
        return element
    }

    /// Appends an element and removes the first one.
    @inline(__always)
    mutating func rotate(in element: consuming Element) -> Element? {
        guard count == places.count, count > 0 else {
            let oldest = popFirst()
            append(element)
            return oldest
        }
        var exchanged: Element? = element
        swap(&exchanged, &places[first])
        first = (first &+ 1) & (count &- 1)
        return exchanged
    }

    @inline(never)
    private mutating func grow() {
        precondition(count < Self.limit, "a ring buffer is full")
        var larger = ContiguousArray<Element?>(repeating: nil, count: max(4, places.count * 4))
        for place in 0..<count { larger[place] = places[(first &+ place) & (places.count &- 1)] }
        places = larger
        first = 0
    }
}

extension RingBuffer: Sendable where Element: Sendable {}
