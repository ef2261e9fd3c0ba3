package import EventCore

/// What a bus subscribes to at its publishers: bytes that wanted subjects begin with.
package struct WirePrefix: Hashable, Sendable {
    /// libzmq 4.3.4 garbles subscriptions of 246 to 255 bytes, and a prefix also travels behind a control topic's 30
    /// bytes; what is cut off is matched locally.
    package static let maximumCount = 200

    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(of pattern: Pattern) {
        bytes = Array(pattern.literalPrefix.utf8.prefix(Self.maximumCount))
    }

    /// Whether every subject that begins with `other` begins with this.
    package func covers(_ other: WirePrefix) -> Bool {
        other.bytes.starts(with: bytes)
    }

    package func covers(_ subject: Subject) -> Bool {
        subject.rawValue.withUTF8Bytes { text in
            text.count >= bytes.count && text.extracting(first: bytes.count).hasSameBytes(as: bytes.span)
        }
    }

    /// The prefix of one segment less; `nil` of the empty one, which covers everything.
    package var parent: WirePrefix? {
        guard !bytes.isEmpty else { return nil }
        let dot = bytes.dropLast().lastIndex(of: UInt8(ascii: "."))
        return WirePrefix(dot.map { Array(bytes[...$0]) } ?? [])
    }
}

extension WirePrefix {
    /// Feeds all bytes to a hasher in one go.
    package func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }
}

extension WirePrefix: Comparable {
    /// Whether the left prefix's bytes come first, as when libzmq sends subscriptions again.
    package static func < (left: WirePrefix, right: WirePrefix) -> Bool {
        left.bytes.span.precedes(right.bytes.span)
    }
}
