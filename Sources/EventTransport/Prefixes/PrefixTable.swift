/// Which prefixes a bus subscribes to at its publishers, so that every requested one is covered and there are not too
/// many.
///
/// A prefix is subscribed to when it is first requested and given up with its last request. When there would be more
/// than the limit, parents take the place of what they cover, those first that lose the least precision for each
/// subscription they spare; matching locally sorts out what they bring. They make way again when there is room.
///
/// What others take the place of stays subscribed to until those are confirmed, so nothing is missed in between.
package struct PrefixTable: Sendable {
    /// What to tell the publishers, in this order.
    package struct Change: Equatable, Sendable {
        package var subscribe: [WirePrefix] = []
        /// What nothing depends on any more.
        package var unsubscribe: [WirePrefix] = []

        package var isEmpty: Bool { subscribe.isEmpty && unsubscribe.isEmpty }
    }

    let limit: Int
    var tree = PrefixTree()
    /// How many prefixes are subscribed to, less those that are on their way out.
    package private(set) var count = 0
    /// The nodes that stand for what is below them.
    private(set) var merged: Set<Int> = []
    /// What is on its way out, and which turn has to be confirmed first.
    private var retiring: [WirePrefix: Int] = [:]
    /// How many changes have subscribed to something.
    package private(set) var turn = 0
    private var confirmedTurn = 0

    /// What the change that is being made has done so far.
    private var subscribedAnew: [Int] = []
    private var replaced: [WirePrefix] = []
    private var abandoned: [WirePrefix] = []

    /// Creates an empty table; `limit` is at least 1.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Everything that publishers are subscribed to now, in no particular order.
    package var prefixes: [WirePrefix] { tree.nodes.filter(\.isSubscribed).map(\.prefix) + retiring.keys }

    /// Whether something waits for a confirmation to be unsubscribed.
    package var isRetiring: Bool { !retiring.isEmpty }

    /// The subscribed prefix that stands for a requested one; `nil` for one that is not requested.
    package func covering(_ requested: WirePrefix) -> WirePrefix? {
        guard let node = tree.node(of: requested), tree[node].requests > 0 else { return nil }
        return tree.covering(node).map { tree[$0].prefix }
    }

    // MARK: Requests

    package mutating func request(_ prefix: WirePrefix) -> Change {
        let (node, isFirst) = tree.request(prefix)
        guard isFirst else { return Change() }
        if let covering = tree.covering(node), tree[covering].isMerged { return Change() }
        subscribe(node, isMerged: false)
        if count > limit { makeRoom() }
        return finishChange()
    }

    package mutating func release(_ prefix: WirePrefix) -> Change {
        guard let node = tree.node(of: prefix), tree[node].requests > 0, tree.release(node) else { return Change() }
        if let covering = tree.covering(node) {
            if !tree[covering].isMerged || tree[covering].requested == 0 {
                unsubscribe(covering)
                abandoned.append(tree[covering].prefix)
            } else if tree[covering].requests > 0, tree[covering].requested == 1 {
                setMerged(covering, false)
            }
        }
        tree.prune(node)
        useRoom()
        return finishChange()
    }

    /// Says that every publisher has what was subscribed to up to a turn.
    ///
    /// - Parameter turn: What ``turn`` was after the change.
    /// - Returns: What to unsubscribe now.
    package mutating func confirmed(_ turn: Int) -> [WirePrefix] {
        confirmedTurn = max(confirmedTurn, turn)
        let due = retiring.filter { $0.value <= confirmedTurn }.map(\.key)
        for prefix in due { retiring[prefix] = nil }
        return due
    }

    // MARK: Steps of a change

    /// Lets a node stand for everything below it.
    mutating func merge(_ node: Int) {
        replaceBelow(node)
        if tree[node].isSubscribed { setMerged(node, true) } else { subscribe(node, isMerged: true) }
    }

    private mutating func replaceBelow(_ node: Int) {
        for child in tree[node].children {
            let isMerged = tree[child].isMerged
            if tree[child].isSubscribed { replace(child) }
            if !isMerged { replaceBelow(child) }
        }
    }

    /// Lets the branches of a node stand for themselves, each as narrow as it can be.
    mutating func split(_ node: Int) {
        replace(node)
        for var branch in tree[node].children {
            while tree[branch].requests == 0, tree[branch].children.count == 1 { branch = tree[branch].children[0] }
            subscribe(branch, isMerged: tree[branch].requested > 1)
        }
    }

    private mutating func subscribe(_ node: Int, isMerged: Bool) {
        let wasTold = retiring.removeValue(forKey: tree[node].prefix) != nil
        tree[node].subscription = wasTold ? .told : .new
        if !wasTold { subscribedAnew.append(node) }
        setMerged(node, isMerged)
        count += 1
    }

    private mutating func unsubscribe(_ node: Int) {
        tree[node].subscription = .absent
        setMerged(node, false)
        count -= 1
    }

    /// Gives up a subscription in favour of others.
    private mutating func replace(_ node: Int) {
        if tree[node].subscription == .told {
            replaced.append(tree[node].prefix)
            retiring[tree[node].prefix] = turn
        }
        unsubscribe(node)
    }

    private mutating func setMerged(_ node: Int, _ isMerged: Bool) {
        guard tree[node].isMerged != isMerged else { return }
        tree[node].isMerged = isMerged
        if isMerged { merged.insert(node) } else { merged.remove(node) }
    }

    private mutating func finishChange() -> Change {
        var change = Change(unsubscribe: abandoned)
        for node in subscribedAnew where tree[node].subscription == .new {
            tree[node].subscription = .told
            change.subscribe.append(tree[node].prefix)
        }
        if !change.subscribe.isEmpty { turn += 1 }
        for prefix in replaced where retiring[prefix] != nil { retiring[prefix] = turn }
        if tree.isEmpty || turn <= confirmedTurn { change.unsubscribe += confirmed(turn) }
        (subscribedAnew, replaced, abandoned) = ([], [], [])
        return change
    }
}
