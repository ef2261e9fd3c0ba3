/// Elements in order, in pieces of moderate length, so that putting one in or taking one out moves few others.
struct ChunkedArray<Element: Comparable & Sendable>: Sendable {
    /// A chunk that grows longer than this is cut in two.
    private static var maximumChunk: Int { 256 }

    /// None of them is empty.
    private var chunks: [[Element]] = []

    var first: Element? { chunks.first?.first }

    /// Puts an element in that is not there yet.
    ///
    /// - Complexity: O(log *n*), and as many moves as a chunk has elements.
    mutating func insert(_ element: Element) {
        guard !chunks.isEmpty else { return chunks.append([element]) }
        let chunk = max(0, chunks.partitioningIndex { $0[0] > element } - 1)
        let place = chunks[chunk].partitioningIndex { $0 >= element }
        chunks[chunk].insert(element, at: place)
        guard chunks[chunk].count > Self.maximumChunk else { return }
        let half = chunks[chunk].count / 2
        chunks.insert(Array(chunks[chunk][half...]), at: chunk + 1)
        chunks[chunk].removeSubrange(half...)
    }

    /// Takes an element out, if it is there.
    ///
    /// - Complexity: O(log *n*), and as many moves as a chunk has elements.
    mutating func remove(_ element: Element) {
        let chunk = chunks.partitioningIndex { $0[0] > element } - 1
        guard chunk >= 0 else { return }
        let place = chunks[chunk].partitioningIndex { $0 >= element }
        guard place < chunks[chunk].count, chunks[chunk][place] == element else { return }
        chunks[chunk].remove(at: place)
        if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    }

    /// Visits the elements from the first for which `isReached` holds, for as long as `body` answers `true`.
    ///
    /// - Complexity: O(log *n*), and what is visited.
    func forEach(from isReached: (Element) -> Bool, _ body: (Element) -> Bool) {
        let chunk = max(0, chunks.partitioningIndex { isReached($0[0]) } - 1)
        guard chunk < chunks.count else { return }
        let place = chunks[chunk].partitioningIndex(where: isReached)
        for element in chunks[chunk][place...] { guard body(element) else { return } }
        for elements in chunks[(chunk + 1)...] {
            for element in elements { guard body(element) else { return } }
        }
    }
}

extension Array {
    /// The place of the first element for which a condition holds that also holds for all after it.
    func partitioningIndex(where isReached: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
