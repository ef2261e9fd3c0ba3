import EventCore

/// Values by prefix, of which those can be found that cover a subject.
///
/// A look-up tries each length that a prefix has, and there are few of those: literal prefixes end where a segment does.
struct PrefixMap<Value> {
    private var values: [WirePrefix: Value] = [:]
    private var lengths = PrefixLengths()

    var isEmpty: Bool { values.isEmpty }
    var count: Int { values.count }
    var prefixes: some Collection<WirePrefix> { values.keys }

    subscript(prefix: WirePrefix) -> Value? {
        get { values[prefix] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: prefix) == nil { lengths.add(prefix) }
            } else if values.removeValue(forKey: prefix) != nil {
                lengths.remove(prefix)
            }
        }
    }

    /// Changes a value where it is; there is one from then on.
    mutating func update(_ prefix: WirePrefix, initial: @autoclosure () -> Value, _ change: (inout Value) -> Void) {
        if values[prefix] == nil { lengths.add(prefix) }
        change(&values[prefix, default: initial()])
    }

    /// Finds the values whose prefix covers a subject or another prefix, plain ones first and of either kind the shortest
    /// first, until `body` answers `false`.
    ///
    /// - Complexity: O(*l*) look-ups, where *l* is the number of different lengths of prefixes.
    func forEach(covering text: borrowing Span<UInt8>, _ body: (WirePrefix, Value) -> Bool) {
        var goesOn = true
        lengths.forEachPrefix(of: text) { prefix in
            guard goesOn, let value = values[prefix] else { return }
            goesOn = body(prefix, value)
        }
    }

    func forEach(covering subject: Subject, _ body: (WirePrefix, Value) -> Bool) {
        subject.rawValue.withUTF8Bytes { forEach(covering: $0, body) }
    }
}

extension PrefixMap: Sendable where Value: Sendable {}
extension PrefixMap: Equatable where Value: Equatable {}
extension PrefixMap: Hashable where Value: Hashable {}
