import EventCore
import Testing

@testable import EventZMQ

@Suite struct PrefixTableTests {
    @Test func `the first request subscribes and the last release unsubscribes`() {
        var table = PrefixTable(limit: 10)
        #expect(table.request("a.") == .init(subscribe: ["a."]))
        #expect(table.request("a.").isEmpty)
        #expect(table.release("a.").isEmpty)
        #expect(table.release("a.") == .init(unsubscribe: ["a."]))
        #expect(table.release("a.").isEmpty)
    }

    @Test func `a prefix beyond the limit brings its parent in place of what that covers`() {
        var table = PrefixTable(limit: 2)
        _ = table.request("run.r1.")
        _ = table.request("run.r2.")
        #expect(table.request("run.r3.").sorted == .init(subscribe: ["run."], unsubscribe: ["run.r1.", "run.r2."]))
        #expect(table.request("run.r4.") == .init(subscribe: ["run.r4."]))
        #expect(table.prefixes.count == 2)
    }

    @Test func `a prefix beyond the limit needs nothing when a parent is there`() {
        var table = PrefixTable(limit: 1)
        _ = table.request("run.")
        #expect(table.request("run.r1.").isEmpty)
        #expect(table.release("run.").isEmpty)
        #expect(table.release("run.r1.") == .init(unsubscribe: ["run."]))
    }

    @Test func `a parent is sought until it covers something, everything in the end`() {
        var table = PrefixTable(limit: 1)
        _ = table.request("a.b.c.")
        #expect(table.request("x.y.z.") == .init(subscribe: [""], unsubscribe: ["a.b.c."]))
        #expect(table.release("a.b.c.").isEmpty)
        #expect(table.release("x.y.z.") == .init(unsubscribe: [""]))
    }

    @Test func `every request is covered by at most as many prefixes as allowed, whatever comes and goes`() {
        var random = SystemRandomNumberGenerator()
        var table = PrefixTable(limit: 5)
        var requested: [WirePrefix] = []
        var told: Set<WirePrefix> = []
        for _ in 0..<2000 {
            let isRequest = requested.isEmpty || Bool.random(using: &random)
            let change: PrefixTable.Change
            if isRequest {
                let depth = Int.random(in: 0...3, using: &random)
                let prefix = (0..<depth).map { _ in "\(Int.random(in: 0...2, using: &random))." }.joined()
                requested.append(WirePrefix(Array(prefix.utf8)))
                change = table.request(WirePrefix(Array(prefix.utf8)))
            } else {
                let index = requested.indices.randomElement(using: &random) ?? 0
                change = table.release(requested.remove(at: index))
            }
            #expect(told.isDisjoint(with: change.subscribe) && told.isSuperset(of: change.unsubscribe))
            told.formUnion(change.subscribe)
            told.subtract(change.unsubscribe)
            #expect(told == Set(table.prefixes) && told.count <= 5)
            #expect(requested.allSatisfy { prefix in told.contains { $0.covers(prefix) } })
        }
        for prefix in requested { _ = table.release(prefix) }
        #expect(table.prefixes.isEmpty)
    }

    @Test func `a long prefix is cut`() throws {
        let pattern = try Pattern(validating: String(repeating: "é", count: 150) + ".>")
        #expect(WirePrefix(of: pattern).bytes.count == 200)
    }
}

extension PrefixTable.Change {
    /// With what is unsubscribed in order, which the table does not promise.
    fileprivate var sorted: PrefixTable.Change {
        PrefixTable.Change(
            subscribe: subscribe,
            unsubscribe: unsubscribe.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        )
    }
}

extension WirePrefix: ExpressibleByStringLiteral {
    /// Makes a prefix from its text.
    public init(stringLiteral text: String) {
        self.init(Array(text.utf8))
    }
}
