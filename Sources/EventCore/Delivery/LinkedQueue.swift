/// A queue from whose middle an element can be taken, too, in constant time.
///
/// A doubly linked list whose elements lie in an array. What it needed once it gives back when it is empty.
struct LinkedQueue<Element> {
    /// Where an element is, for as long as it is there.
    struct Place: Sendable, Equatable {
        fileprivate var slot: UInt32
        /// Tells an element from one that has its slot later.
        fileprivate var number: UInt64
    }

    fileprivate struct Slot {
        var element: Element?
        var number: UInt64
        var previous: UInt32
        /// In a slot that is vacant, the next one that is.
        var next: UInt32
    }

    private static var none: UInt32 { .max }
    /// An empty queue keeps no more slots than these.
    private static var keptCount: Int { 8 }

    private var slots: [Slot] = []
    private var first = none
    private var last = none
    private var vacant = none
    private var lastNumber: UInt64 = 0

    var isEmpty: Bool { first == Self.none }
    /// How many places there are, with an element or without.
    var placeCount: Int { slots.count }

    /// Puts an element at the end.
    ///
    /// - Returns: Where it is.
    mutating func append(_ element: Element) -> Place {
        lastNumber &+= 1
        let filled = Slot(element: element, number: lastNumber, previous: last, next: Self.none)
        let slot: UInt32
        if vacant == Self.none {
            slot = UInt32(slots.count)
            slots.append(filled)
        } else {
            slot = vacant
            vacant = slots[Int(slot)].next
            slots[Int(slot)] = filled
        }
        if last == Self.none { first = slot } else { slots[Int(last)].next = slot }
        last = slot
        return Place(slot: slot, number: lastNumber)
    }

    /// Takes the first element.
    mutating func popFirst() -> Element? {
        isEmpty ? nil : take(first)
    }

    /// Takes an element; `nil` when it is not there any more.
    mutating func remove(at place: Place) -> Element? {
        guard place.slot < slots.count, slots[Int(place.slot)].number == place.number else { return nil }
        return take(place.slot)
    }

    private mutating func take(_ slot: UInt32) -> Element? {
        let (previous, next) = (slots[Int(slot)].previous, slots[Int(slot)].next)
        if previous == Self.none { first = next } else { slots[Int(previous)].next = next }
        if next == Self.none { last = previous } else { slots[Int(next)].previous = previous }
        let element = slots[Int(slot)].element.take()
        slots[Int(slot)].number = 0
        slots[Int(slot)].next = vacant
        vacant = slot
        if isEmpty, slots.count > Self.keptCount {
            slots = []
            vacant = Self.none
        }
        return element
    }
}

extension LinkedQueue: Sendable where Element: Sendable {}
extension LinkedQueue.Slot: Sendable where Element: Sendable {}
