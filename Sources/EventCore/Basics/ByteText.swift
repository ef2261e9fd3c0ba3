extension String {
    /// Whether both texts have the same bytes; `==` also calls texts equal that only look the same.
    package func hasSameBytes(as other: String) -> Bool {
        isIdentical(to: other) || utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
    }

    /// Whether the bytes of this text come before those of another.
    package func precedes(_ other: String) -> Bool {
        var (left, right) = (self, other)
        return left.withUTF8 { left in
            right.withUTF8 { right in unsafe Span(_unsafeElements: left).precedes(Span(_unsafeElements: right)) }
        }
    }
}

extension String? {
    /// Whether both are texts of the same bytes, or neither is one.
    package func hasSameBytes(as other: String?) -> Bool {
        switch (self, other) {
        case (let text?, let other?): text.hasSameBytes(as: other)
        case (nil, nil): true
        default: false
        }
    }
}

/// A text that is told from others by its bytes, for keys of sets and dictionaries.
package struct ByteText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (one: Self, other: Self) -> Bool { one.text.hasSameBytes(as: other.text) }

    package func hash(into hasher: inout Hasher) {
        // Not the hash of the text: that is one for all that look the same, of which there may be as many as somebody likes.
        var text = text
        text.withUTF8 { bytes in unsafe hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }
}
