/// Prefixes as a tree by segments: below each one stand those it covers.
///
/// It holds what is requested and all that lies above it. Nodes are named by their place in one array, so that walking
/// up and down costs no look-up.
struct PrefixTree: Sendable {
    /// Whether publishers are subscribed to a prefix.
    enum Subscription: Sendable {
        case absent
        /// It is to be subscribed to with the change that is being made.
        case new
        case told
    }

    struct Node: Sendable {
        let prefix: WirePrefix
        /// The root has none.
        let parent: Int?
        let depth: Int
        /// Where it stands among the children of its parent.
        var place = 0
        var children: [Int] = []
        /// How often the prefix itself is requested.
        var requests = 0
        /// How many different prefixes are requested here and below.
        var requested = 0
        var subscription = Subscription.absent
        /// Whether its subscription stands for everything below.
        var isMerged = false

        var isSubscribed: Bool { subscription != .absent }
    }

    static let root = 0

    private(set) var nodes = [Node(prefix: WirePrefix([]), parent: nil, depth: 0)]
    private var places = [WirePrefix([]): root]
    private var unused: [Int] = []

    var isEmpty: Bool { nodes[Self.root].requested == 0 }

    subscript(node: Int) -> Node {
        _read { yield nodes[node] }
        _modify { yield &nodes[node] }
    }

    func node(of prefix: WirePrefix) -> Int? { places[prefix] }

    /// The node that is subscribed to and nearest to a node, which may be itself.
    func covering(_ node: Int) -> Int? {
        var place: Int? = node
        while let node = place, !nodes[node].isSubscribed { place = nodes[node].parent }
        return place
    }

    // MARK: Requests

    /// Takes note of a request.
    ///
    /// - Returns: Its node, and whether the prefix was not requested before.
    mutating func request(_ prefix: WirePrefix) -> (node: Int, isFirst: Bool) {
        let node = insert(prefix)
        nodes[node].requests += 1
        guard nodes[node].requests == 1 else { return (node, false) }
        changeRequested(from: node, by: 1)
        return (node, true)
    }

    /// Takes back a request.
    ///
    /// - Returns: Whether it was the last one of its prefix.
    mutating func release(_ node: Int) -> Bool {
        nodes[node].requests -= 1
        guard nodes[node].requests == 0 else { return false }
        changeRequested(from: node, by: -1)
        return true
    }

    private mutating func changeRequested(from node: Int, by difference: Int) {
        var place: Int? = node
        while let node = place {
            nodes[node].requested += difference
            place = nodes[node].parent
        }
    }

    // MARK: Nodes

    private mutating func insert(_ prefix: WirePrefix) -> Int {
        if let node = places[prefix] { return node }
        let parent = prefix.parent.map { insert($0) } ?? Self.root
        var node = Node(prefix: prefix, parent: parent, depth: nodes[parent].depth + 1)
        node.place = nodes[parent].children.count
        let place = unused.popLast() ?? nodes.count
        if place < nodes.count { nodes[place] = node } else { nodes.append(node) }
        nodes[parent].children.append(place)
        places[prefix] = place
        return place
    }

    /// Removes a node and what is above it as far as nothing is requested there.
    mutating func prune(_ node: Int) {
        var node = node
        while nodes[node].requested == 0, let parent = nodes[node].parent {
            let place = nodes[node].place
            let last = nodes[parent].children.removeLast()
            if last != node {
                nodes[parent].children[place] = last
                nodes[last].place = place
            }
            places[nodes[node].prefix] = nil
            unused.append(node)
            node = parent
        }
    }
}
