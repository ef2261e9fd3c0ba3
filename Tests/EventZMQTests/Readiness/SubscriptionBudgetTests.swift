import Testing

@testable import EventZMQ

@Suite struct SubscriptionBudgetTests {
    private static let limits = SubscriptionBudget.Limits(prefixes: 3, bytes: 100, totalBytes: 150)

    @Test func `a connection goes beyond by the number of its subscriptions, once`() {
        var budget = SubscriptionBudget(Self.limits)
        for _ in 0..<3 { #expect(budget.subscribed(over: 1, bytes: 1) == nil) }
        #expect(budget.subscribed(over: 2, bytes: 1) == nil)
        #expect(budget.subscribed(over: 1, bytes: 1) == "more than 3 subscriptions")
        #expect(budget.subscribed(over: 1, bytes: 1) == nil)
    }

    @Test func `a connection goes beyond by their bytes, and what has ended does not count`() {
        var budget = SubscriptionBudget(Self.limits)
        #expect(budget.subscribed(over: 1, bytes: 90) == nil)
        budget.unsubscribed(over: 1, bytes: 90)
        budget.unsubscribed(over: 1, bytes: 90)
        #expect(budget.subscribed(over: 1, bytes: 100) == nil)
        #expect(budget.subscribed(over: 1, bytes: 1) == "subscriptions of more than 100 bytes")
    }

    @Test func `the one that asks for more is over when all together have too much`() {
        var budget = SubscriptionBudget(Self.limits)
        #expect(budget.subscribed(over: 1, bytes: 100) == nil)
        #expect(budget.subscribed(over: 2, bytes: 50) == nil)
        #expect(budget.subscribed(over: 2, bytes: 1)?.contains("150 bytes with those of other peers") == true)
        budget.disconnected(1)
        #expect(budget.subscribed(over: 3, bytes: 90) == nil)
        budget.removeAll()
        #expect(budget.subscribed(over: 3, bytes: 100) == nil)
    }
}
