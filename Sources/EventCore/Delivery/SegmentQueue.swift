import DequeModule

/// A queue in segments of equal length: it grows without moving what it holds, and gives a segment back when that is empty.
struct SegmentQueue<Element> {
    private static var segmentLength: Int { 256 }

    private var segments = Deque<ContiguousArray<Element?>>()
    /// Where in the first segment the first element is.
    private var first: UInt32 = 0
    private var length: UInt32 = 0

    var count: Int { Int(length) }
    var isEmpty: Bool { length == 0 }

    /// How many places there are, with an element or without.
    var placeCount: Int { segments.count * Self.segmentLength }

    /// Adds an element.
    ///
    /// - Complexity: O(1) but for one pointer for each segment, which are moved when their number doubles.
    mutating func append(_ element: consuming Element) {
        let place = Int(first) + count
        if place == placeCount { segments.append(ContiguousArray(repeating: nil, count: Self.segmentLength)) }
        segments[place / Self.segmentLength][place % Self.segmentLength] = element
        length += 1
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = segments[0][Int(first)].take()
        first += 1
        length -= 1
        if isEmpty {
            self = SegmentQueue()
        } else if first == Self.segmentLength {
            first = 0
            let empty = segments.removeFirst()
            // One is kept, so that a queue that stays as long as it is allocates nothing.
            if placeCount - count < Self.segmentLength { segments.append(empty) }
        }
        return element
    }
}

extension SegmentQueue: Sendable where Element: Sendable {}
