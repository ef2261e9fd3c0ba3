import EventCore

/// How long prefixes are, to look up those that cover a subject: there are few different lengths, since they end where a
/// segment does.
package struct PrefixLengths: Hashable, Sendable {
    fileprivate struct Length: Hashable, Sendable {
        var length: Int
        var count: Int
    }

    /// Shortest first.
    private var lengths: [Length] = []
    private var plainLengths: [Length] = []

    package init() {}

    package mutating func add(_ prefix: WirePrefix) {
        if prefix.isPlain {
            plainLengths.add(prefix.bytes.count)
        } else {
            lengths.add(prefix.bytes.count)
        }
    }

    package mutating func remove(_ prefix: WirePrefix) {
        if prefix.isPlain {
            plainLengths.remove(prefix.bytes.count)
        } else {
            lengths.remove(prefix.bytes.count)
        }
    }

    /// Visits what may cover a subject, or another prefix: plain ones first, and of either kind the shortest first.
    package func forEachPrefix(of text: borrowing Span<UInt8>, _ body: (WirePrefix) -> Void) {
        for length in plainLengths {
            guard length.length <= text.count else { break }
            body(WirePrefix([UInt8](text.extracting(first: length.length)), isPlain: true))
        }
        for length in lengths {
            if length.length <= text.count {
                body(WirePrefix([UInt8](text.extracting(first: length.length))))
            } else {
                // The one that is of this subject alone.
                guard length.length == text.count + 1 else { break }
                body(WirePrefix([UInt8](text) + [WirePrefix.endOfSubject]))
            }
        }
    }
}

extension [PrefixLengths.Length] {
    fileprivate mutating func add(_ length: Int) {
        let place = place(of: length)
        if place < count, self[place].length == length {
            self[place].count += 1
        } else {
            insert(PrefixLengths.Length(length: length, count: 1), at: place)
        }
    }

    fileprivate mutating func remove(_ length: Int) {
        let place = place(of: length)
        guard place < count, self[place].length == length else { return }
        self[place].count -= 1
        if self[place].count == 0 { remove(at: place) }
    }

    private func place(of length: Int) -> Int {
        firstIndex { $0.length >= length } ?? count
    }
}

extension [UInt8] {
    fileprivate init(_ span: borrowing Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
