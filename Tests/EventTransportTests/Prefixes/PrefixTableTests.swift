import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct PrefixTableTests {
    /// A table to which prefixes were added.
    private func table(limit: Int, _ prefixes: WirePrefix...) -> PrefixTable {
        var table = PrefixTable(limit: limit)
        for prefix in prefixes { _ = table.request(prefix) }
        return table
    }

    @Test func `the first request subscribes and the last release unsubscribes`() {
        var table = PrefixTable(limit: 10)
        #expect(table.request("a.") == .init(subscribe: ["a."]))
        #expect(table.request("a.").isEmpty)
        #expect(table.release("a.").isEmpty)
        #expect(table.release("a.") == .init(unsubscribe: ["a."]))
        #expect(table.release("a.").isEmpty)
        #expect(table.prefixes.isEmpty)
    }

    @Test func `with room every prefix has its own subscription`() {
        var table = table(limit: 3, "a.", "a.b.")
        #expect(table.request("a.b") == .init(subscribe: ["a.b"]))
        #expect(table.covering("a.b.") == "a.b.")
        #expect(table.covering("a.c.") == nil)
        #expect(table.release("a.") == .init(unsubscribe: ["a."]))
    }

    // MARK: Merging

    @Test func `a prefix beyond the limit brings the parent of the fullest siblings`() {
        var table = table(limit: 5, "a.1.", "a.2.", "b.1.", "b.2.", "b.3.")
        #expect(table.request("c.") == .init(subscribe: ["b.", "c."].reversed()))
        #expect(table.covering("b.2.") == "b.")
        #expect(table.covering("a.1.") == "a.1.")
        #expect(table.request("b.4.").isEmpty)
    }

    @Test func `of groups as full as each other the deepest is merged`() {
        var table = table(limit: 4, "a.1.", "a.2.", "x.y.z.1.", "x.y.z.2.")
        #expect(table.request("c.").subscribe.contains("x.y.z."))
    }

    @Test func `siblings far from each other are merged after those that are near`() {
        var table = table(limit: 5, "a.1.x.y.", "a.2.x.y.", "a.3.x.y.", "b.1.", "b.2.")
        #expect(table.request("c.").subscribe.contains("b."))
    }

    @Test func `what a requested prefix covers is merged first, since nothing more comes by it`() {
        var table = table(limit: 4, "a.", "a.1.2.3.", "b.1.", "b.2.")
        #expect(table.request("b.3.") == .init(subscribe: ["b.3."]))
        #expect(table.confirmed(table.turn) == ["a.1.2.3."])
        #expect(table.covering("a.1.2.3.") == "a.")
    }

    @Test func `a requested prefix stands at once for what it covers when all is confirmed`() {
        var table = table(limit: 2, "a.", "b.")
        #expect(table.confirmed(table.turn).isEmpty)
        #expect(table.request("a.1.").isEmpty)
        #expect(table.covering("a.1.") == "a.")
        #expect(table.release("a.") == .init(subscribe: ["a.1."]))
        #expect(table.confirmed(table.turn) == ["a."])
    }

    @Test func `everything is subscribed to when nothing else helps`() {
        var table = table(limit: 1, "a.b.c.")
        #expect(table.request("x.y.z.") == .init(subscribe: [""]))
        #expect(table.confirmed(table.turn) == ["a.b.c."])
        #expect(table.request("p.q.").isEmpty)
    }

    @Test func `a merge makes room for several requests`() {
        var table = PrefixTable(limit: 160)
        for group in 0..<80 {
            for member in 0..<2 { _ = table.request(WirePrefix(text: "g\(group).\(member).")) }
        }
        let change = table.request("x.")
        #expect(change.subscribe.count == 12)
        #expect(table.count == 150)
    }

    @Test func `more room than needed is not made at any price`() {
        var table = PrefixTable(limit: 160)
        for top in 0..<155 { _ = table.request(WirePrefix(text: "t\(top).")) }
        for member in 0..<2 { _ = table.request(WirePrefix(text: "near.\(member).")) }
        for member in 0..<3 { _ = table.request(WirePrefix(text: "far.\(member).1.2.3.4.5.6.")) }
        #expect(table.request("x.") == .init(subscribe: ["x.", "near."]))
    }

    // MARK: Splitting

    @Test func `a merged prefix is split when an eighth of the limit stays free`() {
        var table = PrefixTable(limit: 16)
        for number in 0..<12 { _ = table.request(WirePrefix(text: "top\(number).")) }
        for member in 0..<5 { _ = table.request(WirePrefix(text: "a.\(member).")) }
        #expect(table.covering("a.3.") == "a.")
        #expect(table.count == 13)
        for number in 0..<2 { #expect(table.release(WirePrefix(text: "top\(number).")).subscribe.isEmpty) }
        // The others have not been unsubscribed yet.
        #expect(table.release("top2.") == .init(subscribe: ["a.4."], unsubscribe: ["top2."]))
        #expect(table.covering("a.3.") == "a.3.")
        #expect(table.count == 14)
    }

    @Test func `a split subscribes anew to what was unsubscribed before`() {
        var table = PrefixTable(limit: 16)
        for number in 0..<12 { _ = table.request(WirePrefix(text: "top\(number).")) }
        for member in 0..<5 { _ = table.request(WirePrefix(text: "a.\(member).")) }
        #expect(table.confirmed(table.turn).count == 4)
        for number in 0..<2 { _ = table.release(WirePrefix(text: "top\(number).")) }
        let change = table.release("top2.")
        #expect(Set(change.subscribe) == ["a.0.", "a.1.", "a.2.", "a.3.", "a.4."])
        #expect(change.unsubscribe == ["top2."])
        #expect(table.prefixes.contains("a."))
        #expect(table.confirmed(table.turn) == ["a."])
    }

    @Test func `everything is split into its branches before these are split`() {
        var table = PrefixTable(limit: 8)
        for top in 0..<9 { for member in 0..<2 { _ = table.request(WirePrefix(text: "t\(top).\(member).")) } }
        #expect(table.covering("t0.0.") == "")
        for top in 2..<9 { for member in 0..<2 { _ = table.release(WirePrefix(text: "t\(top).\(member).")) } }
        #expect(Set(table.prefixes).isSuperset(of: ["t0.0.", "t0.1.", "t1.0.", "t1.1."]))
        #expect(table.covering("t0.0.") == "t0.0.")
    }

    @Test func `there is no merging and splitting back and forth`() {
        var table = PrefixTable(limit: 64)
        for member in 0..<64 { _ = table.request(WirePrefix(text: "g\(member / 8).\(member).")) }
        var changes = 0
        for round in 0..<1000 {
            let prefix = WirePrefix(text: "extra.\(round).")
            let told = table.request(prefix).subscribe.filter { $0 != prefix }.count
            changes += told + table.release(prefix).subscribe.count
        }
        #expect(changes <= 2)
    }

    // MARK: Confirmations

    @Test func `what was replaced stays until all that was subscribed to before is confirmed`() {
        var table = table(limit: 2, "a.1.", "a.2.")
        #expect(table.request("a.3.") == .init(subscribe: ["a."]))
        #expect(Set(table.prefixes) == ["a.", "a.1.", "a.2."])
        #expect(table.confirmed(table.turn - 1).isEmpty)
        #expect(Set(table.confirmed(table.turn)) == ["a.1.", "a.2."])
        #expect(table.prefixes == ["a."])
    }

    @Test func `what is requested again before it was unsubscribed stays`() {
        var table = table(limit: 8, "a.0.", "a.1.", "a.2.", "a.3.", "a.4.", "a.5.", "a.6.", "a.7.")
        _ = table.request("b.")
        let turn = table.turn
        #expect(table.covering("a.0.") == "a.")
        for member in 2..<8 { _ = table.release(WirePrefix(text: "a.\(member).")) }
        #expect(table.covering("a.0.") == "a.0.")
        let gone = table.confirmed(turn)
        #expect(!gone.contains("a.0.") && !gone.contains("a.1.") && gone.contains("a.2."))
    }

    @Test func `with the last request everything goes`() {
        var table = table(limit: 8, "a.1.", "a.2.", "b.", "c.", "d.", "e.", "f.", "g.", "h.")
        for prefix: WirePrefix in ["b.", "c.", "d.", "e.", "f.", "g.", "h.", "a.1."] { _ = table.release(prefix) }
        #expect(Set(table.release("a.2.").unsubscribe) == ["a.", "a.2."])
        #expect(table.prefixes.isEmpty && !table.isRetiring)
    }

    @Test func `a long prefix is cut`() throws {
        let pattern = try Pattern(validating: String(repeating: "é", count: 150) + ".>")
        #expect(WirePrefix(of: pattern).bytes.count == 200)
    }
}
