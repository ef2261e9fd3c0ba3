package import EventCore

/// What a bus subscribes to at its publishers: bytes that wanted subjects begin with.
///
/// A byte that no subject can hold stands behind the whole of one, so a prefix that ends with it is of that subject alone.
package struct WirePrefix: Hashable, Sendable {
    /// libzmq 4.3.4 garbles subscriptions of 246 to 255 bytes, and a prefix also travels behind a control topic's 30
    /// bytes; what is cut off is matched locally.
    package static let maximumCount = 200
    package static let endOfSubject = CompactForm.endOfSubject

    package let bytes: [UInt8]
    /// Whether it is of topics that are nothing but subjects, as plain sockets know them; there no byte ends a subject.
    package let isPlain: Bool

    package init(_ bytes: [UInt8], isPlain: Bool = false) {
        self.bytes = bytes
        self.isPlain = isPlain
    }

    package init(of pattern: Pattern) {
        let literal = pattern.literalPrefix.utf8
        var bytes = Array(literal.prefix(Self.maximumCount))
        let isWhole = literal.count == pattern.rawValue.utf8.count
        if isWhole, bytes.count < Self.maximumCount { bytes.append(Self.endOfSubject) }
        self.init(bytes)
    }

    /// Whether it is of one subject alone.
    private var isExact: Bool { !isPlain && bytes.last == Self.endOfSubject }

    /// The prefix as plain sockets know it.
    package var plain: WirePrefix { WirePrefix(isExact ? bytes.dropLast() : bytes, isPlain: true) }

    /// What libzmq is told.
    package var topic: [UInt8] { isPlain ? bytes : [CompactForm.firstByte] + bytes }

    /// What a bus subscribes to: the prefix, and before it the same as plain sockets know it, for publishers that are none.
    package var topics: [[UInt8]] { [plain.topic, topic] }

    /// For people.
    package var text: String { String(decoding: isExact ? bytes.dropLast() : bytes[...], as: UTF8.self) }

    /// Whether every subject that begins with `other` begins with this.
    package func covers(_ other: WirePrefix) -> Bool {
        other.bytes.starts(with: bytes)
    }

    package func covers(_ subject: Subject) -> Bool {
        let literal = bytes.span.extracting(first: isExact ? bytes.count - 1 : bytes.count)
        return subject.rawValue.withUTF8Bytes { text in
            guard isExact ? text.count == literal.count : text.count >= literal.count else { return false }
            return text.extracting(first: literal.count).hasSameBytes(as: literal)
        }
    }

    /// The prefix of one segment less; `nil` of the empty one, which covers everything.
    package var parent: WirePrefix? {
        guard !bytes.isEmpty else { return nil }
        let dot = bytes.dropLast().lastIndex(of: UInt8(ascii: "."))
        return WirePrefix(dot.map { Array(bytes[...$0]) } ?? [], isPlain: isPlain)
    }
}

extension WirePrefix {
    /// Feeds all bytes to a hasher in one go.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(isPlain)
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension WirePrefix: Comparable {
    /// Whether the left prefix's bytes come first, as when libzmq sends subscriptions again: plain ones before others.
    package static func < (left: WirePrefix, right: WirePrefix) -> Bool {
        guard left.isPlain == right.isPlain else { return left.isPlain }
        return left.bytes.span.precedes(right.bytes.span)
    }
}
