/// Which prefixes a bus subscribes to at its publishers, so that every requested one is covered and there are not too
/// many.
///
/// A prefix is subscribed to when it is first requested and given up with its last request. When there would be more
/// than the limit, the nearest parent that covers others as well takes their place; matching locally sorts out what it
/// brings.
struct PrefixTable: Sendable {
    /// What to tell the publishers, in this order.
    struct Change: Equatable, Sendable {
        var subscribe: [WirePrefix] = []
        var retire: [WirePrefix] = []

        var isEmpty: Bool { subscribe.isEmpty && retire.isEmpty }
    }

    private struct Request {
        var count: Int
        var covering: WirePrefix
    }

    private let limit: Int
    private var requests: [WirePrefix: Request] = [:]
    /// The subscribed prefixes, and which requested ones each stands for.
    private var subscribed: [WirePrefix: Set<WirePrefix>] = [:]

    /// Creates an empty table; `limit` is at least 1.
    init(limit: Int) {
        self.limit = limit
    }

    /// What publishers have been told, in no particular order.
    var prefixes: some Collection<WirePrefix> { subscribed.keys }

    func covering(_ prefix: WirePrefix) -> WirePrefix? { requests[prefix]?.covering }

    func mayRetire(_ prefixes: [WirePrefix]) -> [WirePrefix] { prefixes.filter { subscribed[$0] == nil } }

    mutating func request(_ prefix: WirePrefix) -> Change {
        if requests[prefix] != nil {
            requests[prefix]?.count += 1
            return Change()
        }
        var change = Change()
        let covering = cover(prefix, &change)
        requests[prefix] = Request(count: 1, covering: covering)
        subscribed[covering, default: []].insert(prefix)
        return change
    }

    mutating func release(_ prefix: WirePrefix) -> Change {
        guard let request = requests[prefix] else { return Change() }
        guard request.count == 1 else {
            requests[prefix]?.count -= 1
            return Change()
        }
        requests[prefix] = nil
        subscribed[request.covering]?.remove(prefix)
        guard subscribed[request.covering]?.isEmpty == true else { return Change() }
        subscribed[request.covering] = nil
        return Change(retire: [request.covering])
    }

    /// The subscribed prefix that is to stand for a new request.
    private mutating func cover(_ prefix: WirePrefix, _ change: inout Change) -> WirePrefix {
        if subscribed[prefix] != nil { return prefix }
        if subscribed.count < limit {
            change.subscribe = [prefix]
            return prefix
        }
        var candidate = prefix
        while true {
            if subscribed[candidate] != nil { return candidate }
            let covered = subscribed.keys.filter { candidate.covers($0) }
            if !covered.isEmpty || candidate.bytes.isEmpty {
                replace(covered, with: candidate)
                change = Change(subscribe: [candidate], retire: covered)
                return candidate
            }
            candidate = candidate.parent ?? WirePrefix([])
        }
    }

    private mutating func replace(_ covered: [WirePrefix], with prefix: WirePrefix) {
        var requested: Set<WirePrefix> = []
        for child in covered { requested.formUnion(subscribed.removeValue(forKey: child) ?? []) }
        for request in requested { requests[request]?.covering = prefix }
        subscribed[prefix] = requested
    }
}
