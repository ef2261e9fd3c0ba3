/// A table that holds about as many entries and bytes as it may, and forgets those not used for longest first.
///
/// In each of its parts there are two generations: what is used moves to the young one; when that has half of what the part
/// may have, the old one is forgotten and the young one grows old. This costs no list to maintain, and since a part is small,
/// nobody who waits for the table ever waits for many entries to be moved or freed.
///
/// Publishers look up each subject here, so other modules compile it for their own keys and values: they can only when the
/// types are `@usableFromInline` as well, and nobody says so where one is not; it is merely ten times as slow.
@usableFromInline
package struct RecentTable<Key: RecentKey & Sendable, Value: Sendable>: Sendable {
    /// Where a value is, until another key is looked up.
    @usableFromInline
    package struct Place: Sendable {
        @usableFromInline var part: Int
        @usableFromInline var index: Int

        @inlinable
        init(part: Int, index: Int) {
            (self.part, self.index) = (part, index)
        }
    }

    /// Keys that came into use one after the other, with their values.
    ///
    /// The values stand apart, for what is read in a dictionary by its place is copied, with a reference for each array in it.
    @usableFromInline
    package struct Generation: Sendable {
        @usableFromInline var places: [Key: Int] = [:]
        /// Where a key has moved on the value that it had stays behind.
        @usableFromInline var values: [Value] = []
        /// How many bytes the keys have.
        @usableFromInline var bytes = 0

        @usableFromInline
        init() {}

        @inlinable package var count: Int { places.count }
    }

    @usableFromInline
    struct Part: Sendable {
        @usableFromInline var young = Generation()
        @usableFromInline var old = Generation()

        @usableFromInline
        init() {}
    }

    /// About as many entries as a part may have, where there is more than one.
    private static var partCapacity: Int { 256 }

    @usableFromInline let generationCapacity: Int
    @usableFromInline let generationBytes: Int
    @usableFromInline let partCount: Int
    @usableFromInline var parts: [Part] = []
    /// Where the last key is, since keys come in runs.
    @usableFromInline var last: (key: Key, place: Place)?
    /// What was forgotten last; to be taken by who holds a lock, and let go after that.
    @usableFromInline var forgotten: Generation?

    /// Creates a table.
    ///
    /// - Parameters:
    ///   - capacity: How many entries it holds at most; at least 2.
    ///   - byteLimit: How many bytes the keys have at most, together; a generation holds one whatever it has.
    package init(capacity: Int, byteLimit: Int = .max) {
        var partCount = 1
        while capacity / partCount > Self.partCapacity { partCount *= 2 }
        self.partCount = partCount
        generationCapacity = max(1, capacity / partCount / 2)
        generationBytes = byteLimit / partCount / 2
    }

    package var count: Int { parts.reduce(0) { $0 + $1.young.count + $1.old.count } }

    /// How many bytes the keys have.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.young.bytes + $1.old.bytes } }

    /// Finds a key, which gets the value `initial` when there is none yet.
    @inlinable
    package mutating func place(of key: Key, initial: @autoclosure () -> Value) -> Place {
        if let last, last.key == key { return last.place }
        // What is added moves what is there.
        last = nil
        if parts.isEmpty { parts = Array(repeating: Part(), count: partCount) }
        let part = partCount == 1 ? 0 : key.hashValue & (partCount - 1)
        let index = parts[part].young.places[key] ?? add(key, initial(), to: part)
        let place = Place(part: part, index: index)
        last = (key, place)
        return place
    }

    @inlinable
    package subscript(place: Place) -> Value {
        _read { yield parts[place.part].young.values[place.index] }
        _modify { yield &parts[place.part].young.values[place.index] }
    }

    /// Takes what was forgotten since the last call, of which there is less than a part holds.
    @inlinable
    package mutating func takeForgotten() -> Generation? {
        guard forgotten != nil else { return nil }
        return forgotten.take()
    }

    /// Moves a key from the old generation to the young one, or adds it there.
    @inlinable
    mutating func add(_ key: Key, _ initial: @autoclosure () -> Value, to part: Int) -> Int {
        let bytes = key.byteCount
        let value: Value
        if let known = parts[part].old.places.removeValue(forKey: key) {
            parts[part].old.bytes -= bytes
            value = parts[part].old.values[known]
        } else {
            value = initial()
        }
        let isFull = parts[part].young.count >= generationCapacity
        if isFull || parts[part].young.count > 0 && parts[part].young.bytes + bytes > generationBytes {
            forgotten = parts[part].old
            parts[part].old = parts[part].young
            parts[part].young = Generation()
        }
        let index = parts[part].young.values.count
        parts[part].young.values.append(value)
        parts[part].young.places[key] = index
        parts[part].young.bytes += bytes
        return index
    }
}

/// A key of a ``RecentTable``.
@usableFromInline
package protocol RecentKey: Hashable {
    /// How many bytes it holds, beside those that every key has.
    var byteCount: Int { get }
}
