/// How long prefixes are, to look up those that cover a text: there are few different lengths, since they end where a
/// segment does.
package struct PrefixLengths: Hashable, Sendable {
    private struct Length: Hashable, Sendable {
        var length: Int
        var count: Int
    }

    /// Shortest first.
    private var lengths: [Length] = []

    package init() {}

    package mutating func add(_ length: Int) {
        let place = place(of: length)
        if place < lengths.count, lengths[place].length == length {
            lengths[place].count += 1
        } else {
            lengths.insert(Length(length: length, count: 1), at: place)
        }
    }

    package mutating func remove(_ length: Int) {
        let place = place(of: length)
        guard place < lengths.count, lengths[place].length == length else { return }
        lengths[place].count -= 1
        if lengths[place].count == 0 { lengths.remove(at: place) }
    }

    private func place(of length: Int) -> Int {
        lengths.firstIndex { $0.length >= length } ?? lengths.count
    }

    /// Visits what a text may begin with, shortest first.
    package func forEachPrefix(of text: borrowing Span<UInt8>, _ body: (WirePrefix) -> Void) {
        for length in lengths {
            guard length.length <= text.count else { return }
            body(WirePrefix(Array(text.extracting(first: length.length))))
        }
    }
}

extension [UInt8] {
    fileprivate init(_ span: borrowing Span<UInt8>) {
        self = unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
