/// The headers of an envelope, told apart by the bytes of their names.
///
/// Names that Swift calls equal, such as `é` in one code point and in two, are different keys in JSON. A dictionary holds
/// one of them, which is all that nearly every envelope needs; the others stand beside it.
package struct EnvelopeHeaders: Sendable {
    private var held: [String: String]
    /// Those that ``dictionary`` has no room for; what it has in their place is the one whose bytes come first.
    private(set) var others: [ByteText: String]

    package typealias Member = (name: String, value: String)

    package init(_ dictionary: [String: String] = [:], others: [ByteText: String] = [:]) {
        (held, self.others) = (dictionary, others)
    }

    /// Creates headers; the last of equal names counts.
    package init(_ members: some Sequence<Member>) {
        var values: [ByteText: String] = [:]
        for member in members { values[ByteText(member.name)] = member.value }
        self.init()
        for (name, value) in values.sorted(by: { $0.key.text.precedes($1.key.text) }) {
            if held[name.text] == nil { held[name.text] = value } else { others[name] = value }
        }
    }

    /// All headers, sorted by the bytes of their names.
    package var members: [Member] {
        var members = held.map { Member($0.key, $0.value) } + others.map { Member($0.key.text, $0.value) }
        members.sort { $0.name.precedes($1.name) }
        return members
    }

    /// The headers as far as a dictionary can hold them.
    ///
    /// What is done to a name there is done to all that Swift calls equal to it.
    package var dictionary: [String: String] {
        get { held }
        _modify {
            let before = others.isEmpty ? [:] : held
            defer {
                if !others.isEmpty { others = others.filter { Self.isKept($0.key, of: before, in: held) } }
            }
            yield &held
        }
    }

    /// Whether a dictionary still has, as it was, what it has in the place of a name.
    private static func isKept(_ name: ByteText, of before: [String: String], in changed: [String: String]) -> Bool {
        guard let old = before.index(forKey: name.text), let new = changed.index(forKey: name.text) else {
            return false
        }
        return before[old].key.hasSameBytes(as: changed[new].key)
            && before[old].value.hasSameBytes(as: changed[new].value)
    }

    /// The header of exactly this name.
    package subscript(name: String) -> String? {
        get {
            guard let index = held.index(forKey: name) else { return nil }
            return held[index].key.hasSameBytes(as: name) ? held[index].value : others[ByteText(name)]
        }
        set {
            let members = members.filter { !$0.name.hasSameBytes(as: name) }
            self = Self(newValue.map { members + [(name, $0)] } ?? members)
        }
    }
}

extension EnvelopeHeaders: Equatable {
    /// Whether names and values have the same bytes.
    package static func == (one: Self, other: Self) -> Bool {
        guard one.held.count == other.held.count, one.others.count == other.others.count else { return false }
        return one.held.allSatisfy { name, value in
            guard let index = other.held.index(forKey: name) else { return false }
            return other.held[index].key.hasSameBytes(as: name) && other.held[index].value.hasSameBytes(as: value)
        } && one.others.allSatisfy { name, value in other.others[name].hasSameBytes(as: value) }
    }
}
