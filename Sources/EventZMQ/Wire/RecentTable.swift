/// A table that holds about as many entries as it may, and forgets those not used for longest first.
///
/// Two generations: what is used moves to the young one; when that is half of the capacity, the old one is forgotten
/// and the young one grows old. This costs no list to maintain.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let generationCapacity: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    /// Where in the young generation the last key is, since keys come in runs.
    private var last: (key: Key, index: Dictionary<Key, Value>.Index)?

    /// Creates a table; it holds at most `capacity` entries, at least 2.
    init(capacity: Int) {
        generationCapacity = max(1, capacity / 2)
    }

    var count: Int { young.count + old.count }

    /// Changes the value of a key, which is `initial` when there is none yet.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - initial: The value of a key that is new.
    ///   - body: Receives the value, and whether it was there before.
    /// - Returns: What `body` returns.
    mutating func update<Result>(
        _ key: Key,
        initial: Value,
        _ body: (inout Value, _ isKnown: Bool) -> Result
    ) -> Result {
        if let last, last.key == key { return body(&young.values[last.index], true) }
        if let index = young.index(forKey: key) {
            last = (key, index)
            return body(&young.values[index], true)
        }
        // What is added moves what is there.
        last = nil
        let known = old.removeValue(forKey: key)
        var value = known ?? initial
        let result = body(&value, known != nil)
        if young.count >= generationCapacity {
            old = young
            young = Dictionary(minimumCapacity: generationCapacity)
        }
        young[key] = value
        return result
    }
}
