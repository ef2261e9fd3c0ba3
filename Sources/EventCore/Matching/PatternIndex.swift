/// Patterns in, elements out: finds the elements whose pattern matches a subject without looking at the others.
///
/// An element may be stored under several patterns; it is reported once for each of them that matches.
public struct PatternIndex<Element: Hashable & Sendable>: Sendable {
    /// How many (pattern, element) pairs are stored.
    @inlinable public var count: Int { storedCount }

    @usableFromInline var storedCount = 0

    @usableFromInline var trie = PatternTrie()
    /// The elements of each pattern, by its slot in the trie.
    @usableFromInline var elements: [ElementSet<Element>] = []

    /// Creates an index that holds nothing.
    @inlinable
    public init() {}

    /// Stores an element under a pattern.
    ///
    /// - Parameters:
    ///   - element: The element to report for matching subjects.
    ///   - pattern: The pattern to store it under.
    /// - Returns: Whether it is new there; `false` changes nothing.
    /// - Complexity: O(*n*) on average in the length of the pattern.
    @discardableResult @inlinable
    public mutating func insert(_ element: Element, for pattern: Pattern) -> Bool {
        let slot = trie.insert(pattern)
        while elements.count <= slot { elements.append(.empty) }
        guard elements[slot].insert(element) else { return false }
        storedCount += 1
        return true
    }

    /// Removes an element from a pattern.
    ///
    /// - Parameters:
    ///   - element: The element to remove.
    ///   - pattern: The pattern it was stored under.
    /// - Returns: Whether it was there; `false` changes nothing.
    /// - Complexity: O(*n*) on average in the length of the pattern.
    @discardableResult @inlinable
    public mutating func remove(_ element: Element, for pattern: Pattern) -> Bool {
        guard let slot = trie.slot(of: pattern), elements[slot].remove(element) else { return false }
        storedCount -= 1
        if count == 0 {
            self = PatternIndex()
        } else if elements[slot].isEmpty {
            trie.remove(slot: slot)
        }
        return true
    }

    /// Calls `body` with every element whose pattern matches, in no particular order.
    ///
    /// - Parameters:
    ///   - subject: The subject to match.
    ///   - body: Called once for each matching (pattern, element) pair.
    /// - Complexity: Two steps at most for each segment where a literal and a `*` lead on, whatever the number of
    ///   patterns stored; allocates nothing.
    @inlinable
    public func forEachMatch(of subject: Subject, _ body: (Element) -> Void) {
        trie.forEachMatch(of: subject) { elements[$0].forEach(body) }
    }

    /// The elements whose pattern matches, in no particular order, once for each pattern.
    ///
    /// - Parameter subject: The subject to match.
    /// - Returns: One element for each matching (pattern, element) pair.
    /// - Complexity: As ``forEachMatch(of:_:)``, and one array when anything matches.
    @inlinable
    public func matches(of subject: Subject) -> [Element] {
        var matches: [Element] = []
        forEachMatch(of: subject) { matches.append($0) }
        return matches
    }

    /// Every stored element, once for each pattern it is stored under.
    @inlinable
    package func forEachElement(_ body: (Element) -> Void) {
        for set in elements { set.forEach(body) }
    }
}
