/// A trie over the segments of patterns: tells which stored patterns match a subject without looking at the others.
///
/// After the sublist of the NATS server: every node has literal children and at most one child for `*`, and stands for
/// two patterns, the one that ends there and the one that goes on with `>`. The nodes lie in one array, the literal
/// children of all of them in one hash table keyed by parent and segment.
///
/// The trie knows of patterns only by their slot, a small number; what is stored under it is the caller's business.
@usableFromInline
package struct PatternTrie: Sendable {
    private var nodes = [Node(parent: 0, hash: 0, segment: "")]
    private var edges = EdgeTable()
    private var vacant: [UInt32] = []

    private struct Node: Sendable {
        var parent: UInt32
        var anyChild: UInt32 = 0
        var literalChildren: UInt32 = 0
        var endsPattern = false
        var endsWithRest = false
        var hash: UInt64
        var segment: String

        init(parent: UInt32, hash: UInt64, segment: String) {
            (self.parent, self.hash, self.segment) = (parent, hash, segment)
        }

        var isBare: Bool {
            literalChildren == 0 && anyChild == 0 && !endsPattern && !endsWithRest
        }
    }

    @usableFromInline
    package init() {}

    /// All slots are below this number.
    package var slotCount: Int { nodes.count * 2 }

    /// The number of nodes in use, the root included.
    package var nodeCount: Int { nodes.count - vacant.count }

    // MARK: Matching

    /// Calls `body` with the slot of every stored pattern that matches.
    ///
    /// - Complexity: One step for each node whose way from the root matches the beginning of the subject, none twice, since
    ///   only one way leads to a node. Where both a literal and a `*` lead on their number doubles; it is never above
    ///   2 to the power of the number of segments, times two, nor above ``nodeCount``. Allocates nothing.
    @usableFromInline
    package func forEachMatch(of subject: Subject, _ body: (Int) -> Void) {
        subject.rawValue.withUTF8Bytes { visit(0, $0, from: 0, body) }
    }

    private func visit(_ node: UInt32, _ bytes: Span<UInt8>, from start: Int, _ body: (Int) -> Void) {
        if nodes[Int(node)].endsWithRest { body(Self.restSlot(of: node)) }
        let end = bytes.segmentEnd(from: start)

        if nodes[Int(node)].literalChildren > 0, let child = literalChild(of: node, bytes, start..<end) {
            arrive(child, bytes, at: end, body)
        }
        let child = nodes[Int(node)].anyChild
        if child != 0 { arrive(child, bytes, at: end, body) }
    }

    private func arrive(_ node: UInt32, _ bytes: Span<UInt8>, at end: Int, _ body: (Int) -> Void) {
        if end < bytes.count {
            visit(node, bytes, from: end + 1, body)
        } else if nodes[Int(node)].endsPattern {
            body(Self.slot(of: node))
        }
    }

    private func literalChild(of node: UInt32, _ bytes: Span<UInt8>, _ segment: Range<Int>) -> UInt32? {
        edges.find(Self.edgeHash(parent: node, bytes, segment)) { candidate in
            nodes[Int(candidate)].parent == node && bytes.holds(nodes[Int(candidate)].segment, in: segment)
        }
    }

    private static func edgeHash(parent: UInt32, _ bytes: Span<UInt8>, _ segment: Range<Int>) -> UInt64 {
        ByteHash.fold(ByteHash.hash(bytes, in: segment) ^ UInt64(parent), 0x8EBC_6AF0_9C88_C6E3)
    }

    private static func slot(of node: UInt32) -> Int { Int(node) * 2 }
    private static func restSlot(of node: UInt32) -> Int { Int(node) * 2 + 1 }

    // MARK: Changing

    /// The slot of a pattern, which is stored from now on.
    ///
    /// - Complexity: O(*n*) on average in the length of the pattern.
    @usableFromInline
    package mutating func insert(_ pattern: Pattern) -> Int {
        let (node, hasRest) = pattern.rawValue.withUTF8Bytes { bytes in
            var node: UInt32 = 0
            var start = 0
            while start < bytes.count {
                let end = bytes.segmentEnd(from: start)
                switch bytes[start] {
                case SegmentSyntax.rest: return (node, true)
                case SegmentSyntax.any: node = anyChildOrNew(of: node)
                default: node = literalChildOrNew(of: node, bytes, start..<end)
                }
                start = end + 1
            }
            return (node, false)
        }
        if hasRest {
            nodes[Int(node)].endsWithRest = true
            return Self.restSlot(of: node)
        }
        nodes[Int(node)].endsPattern = true
        return Self.slot(of: node)
    }

    /// The slot of a pattern, or `nil` when it is not stored.
    @usableFromInline
    package func slot(of pattern: Pattern) -> Int? {
        pattern.rawValue.withUTF8Bytes { bytes in
            var node: UInt32 = 0
            var start = 0
            while start < bytes.count {
                let end = bytes.segmentEnd(from: start)
                switch bytes[start] {
                case SegmentSyntax.rest:
                    return nodes[Int(node)].endsWithRest ? Self.restSlot(of: node) : nil
                case SegmentSyntax.any:
                    guard nodes[Int(node)].anyChild != 0 else { return nil }
                    node = nodes[Int(node)].anyChild
                default:
                    guard let child = literalChild(of: node, bytes, start..<end) else { return nil }
                    node = child
                }
                start = end + 1
            }
            return nodes[Int(node)].endsPattern ? Self.slot(of: node) : nil
        }
    }

    /// Forgets the pattern of a slot, and the nodes that only it needed; their slots may be used again.
    @usableFromInline
    package mutating func remove(slot: Int) {
        var node = UInt32(slot / 2)
        if slot == Self.slot(of: node) {
            nodes[Int(node)].endsPattern = false
        } else {
            nodes[Int(node)].endsWithRest = false
        }
        while node != 0, nodes[Int(node)].isBare {
            let (parent, hash) = (nodes[Int(node)].parent, nodes[Int(node)].hash)
            if nodes[Int(parent)].anyChild == node {
                nodes[Int(parent)].anyChild = 0
            } else {
                nodes[Int(parent)].literalChildren -= 1
                edges.remove(node, hash)
            }
            nodes[Int(node)].segment = ""
            vacant.append(node)
            node = parent
        }
    }

    private mutating func anyChildOrNew(of parent: UInt32) -> UInt32 {
        let existing = nodes[Int(parent)].anyChild
        guard existing == 0 else { return existing }
        let child = add(Node(parent: parent, hash: 0, segment: "*"))
        nodes[Int(parent)].anyChild = child
        return child
    }

    private mutating func literalChildOrNew(
        of parent: UInt32,
        _ bytes: Span<UInt8>,
        _ segment: Range<Int>
    ) -> UInt32 {
        if let child = literalChild(of: parent, bytes, segment) { return child }
        let hash = Self.edgeHash(parent: parent, bytes, segment)
        let child = add(Node(parent: parent, hash: hash, segment: bytes.text(in: segment)))
        nodes[Int(parent)].literalChildren += 1
        edges.insert(child, hash)
        return child
    }

    private mutating func add(_ node: Node) -> UInt32 {
        if let free = vacant.popLast() {
            nodes[Int(free)] = node
            return free
        }
        nodes.append(node)
        return UInt32(nodes.count - 1)
    }
}
