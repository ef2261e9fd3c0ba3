import EventCore
import Testing
import TransportSupport

@testable import EventTransport

/// Drives the table with requests, releases and confirmations in random order and keeps the books beside it.
@Suite struct PrefixTableRandomTests {
    @Test(
        "every request is covered at every moment by at most as many prefixes as allowed, whatever comes and goes",
        arguments: [1, 2, 5, 16, 40],
        [1, 2, 3]
    )
    func covers(_ limit: Int, _ seed: UInt64) {
        var books = Books(limit: limit, seed: seed)
        for _ in 0..<1500 where books.fault == nil { books.step() }
        books.end()
        #expect(books.fault == nil)
        #expect(books.merges > 0 && books.splits > 0 || limit == 40)
    }

    private struct Books {
        var table: PrefixTable
        var random: SeededGenerator
        var requested: [WirePrefix] = []
        /// What publishers were told, and in which turn.
        var told: [WirePrefix: Int] = [:]
        var unconfirmed: [Int] = []
        var confirmed = 0
        /// The turn whose confirmation a request waits for.
        var awaited: [WirePrefix: Int] = [:]
        var steps = 0
        var merges = 0
        var splits = 0
        var fault: String?

        init(limit: Int, seed: UInt64) {
            table = PrefixTable(limit: limit)
            random = SeededGenerator(state: seed)
        }

        mutating func step() {
            // The number of requests swings, so that there is merging and splitting.
            steps += 1
            let wanted = steps / 150 % 2 == 0 ? 60 : 3
            let choice = Int.random(in: 0..<5, using: &random)
            if choice == 0, !unconfirmed.isEmpty {
                confirm()
            } else if requested.isEmpty || requested.count < wanted && choice < 4 {
                let prefix = prefix()
                requested.append(prefix)
                apply(table.request(prefix), isRequest: true)
                if awaited[prefix] == nil { awaited[prefix] = table.turn }
            } else {
                let index = Int.random(in: requested.indices, using: &random)
                apply(table.release(requested.remove(at: index)), isRequest: false)
            }
            check()
        }

        private mutating func prefix() -> WirePrefix {
            let depth = Int.random(in: 0...3, using: &random)
            var text = (0..<depth).map { _ in "\(Int.random(in: 0...3, using: &random))." }.joined()
            if Int.random(in: 0..<4, using: &random) == 0 { text += "exact" }
            return WirePrefix(text: text)
        }

        private mutating func apply(_ change: PrefixTable.Change, isRequest: Bool) {
            for prefix in change.subscribe {
                check(told.updateValue(table.turn, forKey: prefix) == nil, "subscribes twice to \(prefix)")
            }
            if !change.subscribe.isEmpty { unconfirmed.append(table.turn) }
            if isRequest, table.isRetiring { merges += 1 }
            if !isRequest, !change.subscribe.isEmpty { splits += 1 }
            unsubscribe(change.unsubscribe)
        }

        private mutating func confirm() {
            confirmed = unconfirmed.removeFirst()
            unsubscribe(table.confirmed(confirmed))
        }

        private mutating func unsubscribe(_ prefixes: [WirePrefix]) {
            for prefix in prefixes {
                check(told.removeValue(forKey: prefix) != nil, "unsubscribes twice from \(prefix)")
            }
        }

        private mutating func check() {
            check(Set(told.keys) == Set(table.prefixes), "the table believes something else")
            check(table.count <= table.limit, "more subscriptions than allowed")
            let wanted = Set(requested)
            awaited = awaited.filter { wanted.contains($0.key) }
            for (prefix, turn) in awaited {
                let covering = table.covering(prefix)
                check(covering.map { told[$0] != nil && $0.covers(prefix) } == true, "\(prefix) is not covered")
                let isServed = told.contains { $0.value <= confirmed && $0.key.covers(prefix) }
                check(isServed || confirmed < turn, "\(prefix) is not covered any more")
            }
        }

        mutating func end() {
            while !requested.isEmpty, fault == nil { apply(table.release(requested.removeLast()), isRequest: false) }
            check(told.isEmpty && table.prefixes.isEmpty && table.count == 0, "something is left")
        }

        private mutating func check(_ condition: Bool, _ what: @autoclosure () -> String) {
            if !condition, fault == nil { fault = what() }
        }
    }
}
