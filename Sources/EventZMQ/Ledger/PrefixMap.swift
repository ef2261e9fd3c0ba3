import EventCore

/// Values by prefix, of which those can be found that cover a subject.
///
/// A look-up tries each length that a prefix has, and there are few of those: literal prefixes end where a segment does.
struct PrefixMap<Value> {
    private struct Length: Sendable, Hashable {
        var count: Int
        var prefixes: Int
    }

    private var values: [WirePrefix: Value] = [:]
    /// The lengths in use, shortest first.
    private var lengths: [Length] = []

    var isEmpty: Bool { values.isEmpty }
    var count: Int { values.count }
    var prefixes: some Collection<WirePrefix> { values.keys }

    subscript(prefix: WirePrefix) -> Value? {
        get { values[prefix] }
        set {
            let old = values.updateOrRemove(newValue, for: prefix)
            guard old != (newValue != nil) else { return }
            changeCount(of: prefix.bytes.count, by: old ? -1 : 1)
        }
    }

    /// Changes a value where it is; there is one from then on.
    mutating func update(_ prefix: WirePrefix, initial: @autoclosure () -> Value, _ change: (inout Value) -> Void) {
        if values[prefix] == nil { self[prefix] = initial() }
        change(&values[prefix]!)
    }

    private mutating func changeCount(of length: Int, by difference: Int) {
        let place = lengths.firstIndex { $0.count >= length } ?? lengths.endIndex
        if place < lengths.endIndex, lengths[place].count == length {
            lengths[place].prefixes += difference
            if lengths[place].prefixes == 0 { lengths.remove(at: place) }
        } else {
            lengths.insert(Length(count: length, prefixes: difference), at: place)
        }
    }

    /// Finds the values whose prefix a text begins with, shortest first, until `body` answers `false`.
    ///
    /// - Complexity: O(*l*) look-ups, where *l* is the number of different lengths of prefixes.
    func forEach(covering text: borrowing Span<UInt8>, _ body: (WirePrefix, Value) -> Bool) {
        for length in lengths {
            guard length.count <= text.count else { return }
            let prefix = WirePrefix(text.extracting(first: length.count).array)
            if let value = values[prefix], !body(prefix, value) { return }
        }
    }

    func forEach(covering subject: Subject, _ body: (WirePrefix, Value) -> Bool) {
        subject.rawValue.withUTF8Bytes { forEach(covering: $0, body) }
    }
}

extension PrefixMap: Sendable where Value: Sendable {}
extension PrefixMap: Equatable where Value: Equatable {}
extension PrefixMap: Hashable where Value: Hashable {}

extension Dictionary {
    /// Puts a value in or takes it out; returns whether there was one.
    fileprivate mutating func updateOrRemove(_ value: Value?, for key: Key) -> Bool {
        if let value { updateValue(value, forKey: key) != nil } else { removeValue(forKey: key) != nil }
    }
}

extension Span<UInt8> {
    var array: [UInt8] { unsafe withUnsafeBufferPointer { unsafe Array($0) } }
}
