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
        store(element, for: pattern) != nil
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
        take(element, for: pattern) != nil
    }

    /// Calls `body` with every element whose pattern matches, in no particular order.
    ///
    /// - Parameters:
    ///   - subject: The subject to match.
    ///   - body: Called once for each matching (pattern, element) pair.
    /// - Complexity: O(*s* + *v*) on average in the number *s* of the subject's segments and *v* of patterns' beginnings
    ///   that match the beginning of the subject: one for each segment where only a literal or only a `*` leads on, and twice
    ///   as many as before where both do. So 2 to the power of *s* + 1 at most, and at most as many as patterns begin with;
    ///   allocates nothing.
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
}
