/// Which text in memory a subject is: enough to find most subjects again without retaining, or reading, the text.
///
/// Two subjects with equal identities are equal as long as one of them is alive; equal subjects may have different ones.
@usableFromInline
package struct SubjectIdentity: Equatable, Sendable {
    package let byteHash: UInt64
    @usableFromInline let words: SIMD2<UInt64>

    @inline(__always)
    init(of subject: borrowing Subject) {
        byteHash = subject.byteHash
        #if _pointerBitWidth(_64)
        words = unsafe unsafeBitCast(subject.rawValue, to: SIMD2<UInt64>.self)
        #else
        var words = SIMD2<UInt64>()
        unsafe withUnsafeBytes(of: subject.rawValue) { text in
            unsafe withUnsafeMutableBytes(of: &words) { unsafe $0.copyMemory(from: text) }
        }
        self.words = words
        #endif
    }

    @inlinable @inline(__always)
    package static func == (left: SubjectIdentity, right: SubjectIdentity) -> Bool {
        // Equal words are one text, and so have one hash.
        left.words.x == right.words.x && left.words.y == right.words.y
    }
}

extension Subject {
    /// Which text in memory it is.
    package var identity: SubjectIdentity { SubjectIdentity(of: self) }
}

extension Envelope {
    /// Which text in memory its subject is.
    package var subjectIdentity: SubjectIdentity { SubjectIdentity(of: storage.fields.subject) }
}
