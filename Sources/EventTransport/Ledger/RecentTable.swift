/// A table that holds about as many entries as it may, and forgets those not used for longest first.
///
/// Two generations: what is used moves to the young one; when that is half of the capacity, the old one is forgotten
/// and the young one grows old. This costs no list to maintain.
///
/// Publishers look up each subject here, so other modules compile it for their own keys and values.
package struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Where a value is, until another key is looked up.
    package typealias Place = Dictionary<Key, Value>.Index

    @usableFromInline let generationCapacity: Int
    @usableFromInline var young: [Key: Value] = [:]
    @usableFromInline var old: [Key: Value] = [:]
    /// Where in the young generation the last key is, since keys come in runs.
    @usableFromInline var last: (key: Key, place: Place)?

    /// Creates a table; it holds at most `capacity` entries, at least 2.
    @inlinable
    package init(capacity: Int) {
        generationCapacity = max(1, capacity / 2)
    }

    package var count: Int { young.count + old.count }

    /// Finds a key, which gets the value `initial` when there is none yet.
    @inlinable
    package mutating func place(of key: Key, initial: @autoclosure () -> Value) -> Place {
        if let last, last.key == key { return last.place }
        // What is added moves what is there.
        last = nil
        if young.index(forKey: key) == nil {
            let value = old.removeValue(forKey: key) ?? initial()
            if young.count >= generationCapacity {
                old = young
                young = Dictionary(minimumCapacity: generationCapacity)
            }
            young[key] = value
        }
        guard let place = young.index(forKey: key) else { preconditionFailure("what was just added is missing") }
        last = (key, place)
        return place
    }

    @inlinable
    package subscript(place: Place) -> Value {
        _read { yield young.values[place] }
        _modify { yield &young.values[place] }
    }
}
