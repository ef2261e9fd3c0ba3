/// The buffer of a mailbox: a ring for what mailboxes commonly hold, and a queue of segments for what does not fit.
///
/// However much it holds, one more costs no copy of the rest, for publishers wait for the lock meanwhile; and when it is
/// empty, the ring is all that is left.
struct SegmentedBuffer<Element> {
    private var ring = RingBuffer<Element>()
    /// What came when the ring was full or this was not empty, so all of it is younger than what is in the ring.
    private var overflow = SegmentQueue<Element>()

    var count: Int { ring.count &+ overflow.count }
    var isEmpty: Bool { ring.isEmpty && overflow.isEmpty }

    /// How many places there are, with an element or without.
    var placeCount: Int { ring.placeCount + overflow.placeCount }

    @inline(__always)
    mutating func append(_ element: consuming Element) {
        if overflow.isEmpty, ring.count < RingBuffer<Element>.limit {
            ring.append(element)
        } else {
            appendToOverflow(element)
        }
    }

    @inline(__always)
    mutating func popFirst() -> Element? {
        if let element = ring.popFirst() { return element }
        return overflow.isEmpty ? nil : popFromOverflow()
    }

    /// Appends an element and removes the first one.
    @inline(__always)
    mutating func rotate(in element: consuming Element) -> Element? {
        if overflow.isEmpty { return ring.rotate(in: element) }
        return rotateWithOverflow(element)
    }

    @inline(never)
    private mutating func appendToOverflow(_ element: consuming Element) {
        overflow.append(element)
    }

    @inline(never)
    private mutating func popFromOverflow() -> Element? {
        overflow.popFirst()
    }

    @inline(never)
    private mutating func rotateWithOverflow(_ element: consuming Element) -> Element? {
        overflow.append(element)
        return popFirst()
    }
}

extension SegmentedBuffer: Sendable where Element: Sendable {}
