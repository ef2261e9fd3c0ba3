/// The buffer of a mailbox: a ring for what mailboxes commonly hold, and a queue of segments for what does not fit.
///
/// However much it holds, one more costs no copy of the rest, for publishers wait for the lock meanwhile. Once it has held
/// more than fits the ring and is empty again, nothing is left; a ring that was always enough stays.
struct SegmentedBuffer<Element> {
    private var ring = RingBuffer<Element>()
    /// What came when the ring was full or this was not empty, so all of it is younger than what is in the ring.
    private var overflow = SegmentQueue<Element>()

    private(set) var count = 0
    var isEmpty: Bool { count == 0 }

    /// How many places there are, with an element or without.
    var placeCount: Int { ring.placeCount + overflow.placeCount }

    @inline(__always)
    mutating func append(_ element: consuming Element) {
        count &+= 1
        if overflow.isEmpty, ring.count < RingBuffer<Element>.limit {
            ring.append(element)
        } else {
            appendToOverflow(element)
        }
    }

    @inline(__always)
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        count &-= 1
        return ring.popFirst() ?? popFromOverflow()
    }

    /// Appends an element and removes the first one of a buffer that is not empty.
    @inline(__always)
    mutating func rotate(in element: consuming Element) -> Element? {
        if overflow.isEmpty { return ring.rotate(in: element) }
        return rotateWithOverflow(element)
    }

    @inline(never)
    private mutating func rotateWithOverflow(_ element: consuming Element) -> Element? {
        append(element)
        return popFirst()
    }

    @inline(never)
    private mutating func appendToOverflow(_ element: consuming Element) {
        overflow.append(element)
    }

    @inline(never)
    private mutating func popFromOverflow() -> Element? {
        let element = overflow.popFirst()
        if overflow.isEmpty { ring = RingBuffer() }
        return element
    }
}

extension SegmentedBuffer: Sendable where Element: Sendable {}
