/// The elements that share one pattern: usually none or one, sometimes very many.
@usableFromInline
enum ElementSet<Element: Hashable & Sendable>: Sendable {
    case empty
    case one(Element)
    case many(Set<Element>)

    @inlinable var isEmpty: Bool {
        if case .empty = self { true } else { false }
    }

    @inlinable var count: Int {
        switch self {
        case .empty: 0
        case .one: 1
        case .many(let elements): elements.count
        }
    }

    @inlinable
    func forEach(_ body: (Element) -> Void) {
        switch self {
        case .empty: break
        case .one(let element): body(element)
        case .many(let elements): for element in elements { body(element) }
        }
    }

    /// Adds an element; `false` when it was there already.
    @inlinable
    mutating func insert(_ element: Element) -> Bool {
        switch self {
        case .empty:
            self = .one(element)
            return true
        case .one(let only):
            guard only != element else { return false }
            self = .many([only, element])
            return true
        case .many(var elements):
            self = .empty  // The set must have one owner while it grows, or it would be copied.
            defer { self = .many(elements) }
            return elements.insert(element).inserted
        }
    }

    /// Removes an element; `false` when it was not there.
    @inlinable
    mutating func remove(_ element: Element) -> Bool {
        switch self {
        case .empty:
            return false
        case .one(let only):
            guard only == element else { return false }
            self = .empty
            return true
        case .many(var elements):
            self = .empty
            let removed = elements.remove(element) != nil
            self = elements.isEmpty ? .empty : .many(elements)
            return removed
        }
    }
}
