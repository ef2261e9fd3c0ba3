extension PrefixTable {
    /// A prefix that could stand for everything that is subscribed to below it.
    private struct Candidate {
        var node: Int
        var depth: Int
        /// How many segments requests lose, for each subscription that is spared.
        var cost: Double

        func precedes(_ other: Candidate) -> Bool {
            (cost, -depth, node) < (other.cost, -other.depth, other.node)
        }
    }

    /// What is subscribed to at a node and below.
    private struct Sum {
        var count = 0
        /// The requests it stands for, and their depths, by what stands for them.
        var requests = 0
        var depths = 0

        static func += (left: inout Sum, right: Sum) {
            left.count += right.count
            left.requests += right.requests
            left.depths += right.depths
        }
    }

    /// So many are made room for at once, so that not every request has to merge.
    private var roomAtOnce: Int { limit / 16 }
    /// So many are left free when a merged prefix is split, so that it does not have to be merged again soon.
    private var roomAfterSplit: Int { limit / 8 }
    /// More room than needed is made as long as it is at most so many times as dear as what was needed.
    private static var greed: Double { 2 }

    // MARK: Merging

    /// Merges until there are no more subscriptions than allowed, and some room.
    mutating func makeRoom() {
        var dearestNeeded = 0.0
        while mergeOnce(&dearestNeeded) {}
        // The empty prefix brings everything, and so comes last.
        if count > limit { merge(PrefixTree.root) }
    }

    /// Merges what does not overlap, cheapest first.
    ///
    /// - Returns: Whether there may be more to merge.
    private mutating func mergeOnce(_ dearestNeeded: inout Double) -> Bool {
        var done: Set<Int> = []
        var above: Set<Int> = []
        for candidate in candidates() {
            guard count > limit - roomAtOnce else { return false }
            let path = path(above: candidate.node)
            guard !above.contains(candidate.node), done.isDisjoint(with: path) else { continue }
            if count > limit {
                dearestNeeded = max(dearestNeeded, candidate.cost)
            } else if candidate.cost > Self.greed * dearestNeeded {
                return false
            }
            merge(candidate.node)
            done.insert(candidate.node)
            above.formUnion(path)
        }
        return !done.isEmpty
    }

    private func path(above node: Int) -> [Int] {
        var path: [Int] = []
        while let parent = tree[path.last ?? node].parent { path.append(parent) }
        return path
    }

    private func candidates() -> [Candidate] {
        var candidates: [Candidate] = []
        _ = sum(PrefixTree.root, &candidates)
        return candidates.sorted { $0.precedes($1) }
    }

    private func sum(_ node: Int, _ candidates: inout [Candidate]) -> Sum {
        let depth = tree[node].depth
        if tree[node].isMerged {
            return Sum(count: 1, requests: tree[node].requested, depths: depth * tree[node].requested)
        }
        var sum = Sum()
        for child in tree[node].children { sum += self.sum(child, &candidates) }
        let isRequested = tree[node].isSubscribed
        if isRequested { sum += Sum(count: 1, requests: 1, depths: depth) }
        if sum.count > 1, isRequested || node != PrefixTree.root {
            // Where everything is wanted, nothing more comes.
            let lost = isRequested ? 0 : sum.depths - depth * sum.requests
            candidates.append(Candidate(node: node, depth: depth, cost: Double(lost) / Double(sum.count - 1)))
        }
        return sum
    }

    // MARK: Splitting

    /// Splits merged prefixes while there is room, the shortest first.
    mutating func useRoom() {
        while let node = nextSplit() { split(node) }
    }

    private func nextSplit() -> Int? {
        let free = limit - count - roomAfterSplit
        guard free >= 0, !merged.isEmpty else { return nil }
        return
            merged
            .filter { tree[$0].requests == 0 && tree[$0].children.count - 1 <= free }
            .min { (tree[$0].depth, tree[$0].children.count) < (tree[$1].depth, tree[$1].children.count) }
    }
}
