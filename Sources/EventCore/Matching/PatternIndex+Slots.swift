/// For who keeps something of its own for each pattern, beside the elements: a pattern that is stored has a slot, a number
/// that stays the same until the pattern is stored no more.
extension PatternIndex {
    /// Stores an element as ``insert(_:for:)`` does.
    ///
    /// - Returns: The slot of the pattern, or `nil` when the element was there already.
    @inlinable
    package mutating func store(_ element: Element, for pattern: Pattern) -> Int? {
        let slot = trie.insert(pattern)
        while elements.count <= slot { elements.append(.empty) }
        guard elements[slot].insert(element) else { return nil }
        storedCount += 1
        return slot
    }

    /// Removes an element as ``remove(_:for:)`` does.
    ///
    /// - Returns: The slot that the pattern has, or had if this was its last element; `nil` when the element was not there.
    @inlinable
    package mutating func take(_ element: Element, for pattern: Pattern) -> Int? {
        guard let slot = trie.slot(of: pattern), take(element, fromSlot: slot) else { return nil }
        return slot
    }

    /// Removes an element from the slot that ``store(_:for:)`` returned for it, without looking the pattern up.
    ///
    /// A slot keeps its pattern as long as it holds an element, so the slot of one that is stored is always right.
    ///
    /// - Returns: Whether it was there.
    @inlinable
    package mutating func take(_ element: Element, fromSlot slot: Int) -> Bool {
        guard slot < elements.count, elements[slot].remove(element) else { return false }
        storedCount -= 1
        if count == 0 {
            self = PatternIndex()
        } else if elements[slot].isEmpty {
            trie.remove(slot: slot)
        }
        return true
    }

    /// Calls `body` with the slot of every pattern that matches.
    @inlinable
    package func forEachMatchingSlot(of subject: Subject, _ body: (Int) -> Void) {
        trie.forEachMatch(of: subject, body)
    }

    /// How many elements are stored under the pattern of a slot.
    @inlinable
    package func elementCount(inSlot slot: Int) -> Int {
        slot < elements.count ? elements[slot].count : 0
    }

    /// Calls `body` with every element that is stored under the pattern of a slot.
    @inlinable
    package func forEachElement(inSlot slot: Int, _ body: (Element) -> Void) {
        elements[slot].forEach(body)
    }

    /// Every stored element, once for each pattern it is stored under.
    @inlinable
    package func forEachElement(_ body: (Element) -> Void) {
        for set in elements { set.forEach(body) }
    }
}
