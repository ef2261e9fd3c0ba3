import Testing

@testable import EventZMQ

@Suite struct SubscriptionBudgetTests {
    private static let limits = SubscriptionBudget.Limits(prefixes: 3, bytes: 100, totalBytes: 150)

    @Test func `a connection goes beyond by the number of its subscriptions, once`() {
        var budget = SubscriptionBudget(Self.limits)
        for _ in 0..<3 { #expect(budget.subscribed(over: 1, bytes: 1) == nil) }
        #expect(budget.subscribed(over: 2, bytes: 1) == nil)
        let excess = budget.subscribed(over: 1, bytes: 1)
        #expect(excess == .init(connection: 1, reason: "more than 3 subscriptions"))
        #expect(budget.subscribed(over: 1, bytes: 1) == nil)
    }

    @Test func `a connection goes beyond by their bytes, and what has ended does not count`() {
        var budget = SubscriptionBudget(Self.limits)
        #expect(budget.subscribed(over: 1, bytes: 90) == nil)
        budget.unsubscribed(over: 1, bytes: 90)
        budget.unsubscribed(over: 1, bytes: 90)
        #expect(budget.subscribed(over: 1, bytes: 100) == nil)
        let excess = budget.subscribed(over: 1, bytes: 1)
        #expect(excess == .init(connection: 1, reason: "subscriptions of more than 100 bytes"))
    }

    @Test func `the one that has most is over when all together have too much, one after the other`() {
        var budget = SubscriptionBudget(.init(prefixes: 100, bytes: 100, totalBytes: 150))
        #expect(budget.subscribed(over: 1, bytes: 100) == nil)
        #expect(budget.subscribed(over: 2, bytes: 50) == nil)
        #expect(budget.subscribed(over: 2, bytes: 1)?.connection == 1)
        // What is being cut off does not count, whatever else it asks for or gives up.
        #expect(budget.subscribed(over: 1, bytes: 50) == nil)
        budget.unsubscribed(over: 1, bytes: 50)
        #expect(budget.subscribed(over: 3, bytes: 99) == nil)
        #expect(budget.subscribed(over: 2, bytes: 1)?.connection == 3)
        budget.disconnected(3)
        budget.disconnected(1)
        #expect(budget.subscribed(over: 4, bytes: 98) == nil)
        #expect(budget.subscribed(over: 2, bytes: 1)?.connection == 4)
        budget.removeAll()
        #expect(budget.subscribed(over: 3, bytes: 100) == nil)
        #expect(budget.subscribed(over: 4, bytes: 50) == nil)
        #expect(budget.subscribed(over: 4, bytes: 1)?.connection == 3)
    }
}
