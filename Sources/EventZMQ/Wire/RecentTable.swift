/// A table that holds about as many entries as it may, and forgets those not used for longest first.
///
/// Two generations: what is used moves to the young one; when that is half of the capacity, the old one is forgotten
/// and the young one grows old. This costs no list to maintain.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Where a value is, until another key is looked up.
    typealias Place = Dictionary<Key, Value>.Index

    private let generationCapacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    /// Where in the young generation the last key is, since keys come in runs.
    private var last: (key: Key, place: Place)?

    /// Creates a table; it holds at most `capacity` entries, at least 2.
    init(capacity: Int) {
        generationCapacity = max(1, capacity / 2)
    }

    var count: Int { young.count + old.count }

    /// Finds a key, which gets the value `initial` when there is none yet.
    mutating func place(of key: Key, initial: @autoclosure () -> Value) -> Place {
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

    subscript(place: Place) -> Value {
        _read { yield young.values[place] }
        _modify { yield &young.values[place] }
    }
}
