import EventCore
import Foundation
import Testing

/// What the protocol adds to any bus.
@Suite struct BusTests {
    /// Remembers its calls; its subscriptions receive nothing.
    private final class CallLog: Bus {
        struct Calls {
            var published: [Envelope] = []
            var subscribed: [(pattern: EventCore.Pattern, options: SubscriptionOptions)] = []
            var ended = 0
        }

        struct Refusal: Error {}

        let calls = Lock(Calls())
        let refuses: Bool

        init(refuses: Bool = false) {
            self.refuses = refuses
        }

        func publish(_ envelope: Envelope) async throws {
            if refuses { throw Refusal() }
            calls.withLock { $0.published.append(envelope) }
        }

        func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
            if refuses { throw Refusal() }
            calls.withLock { $0.subscribed.append((pattern, options)) }
            let mailbox = Mailbox(
                id: SubscriptionID(rawValue: "s1"),
                pattern: pattern,
                capacity: 1,
                policy: .dropNewest,
                onEnd: { [self] _ in calls.withLock { $0.ended += 1 } }
            )
            return Subscription(mailbox)
        }

        func close() async {}

        var ended: Int { calls.withLock { $0.ended } }
    }

    @Test func `publishing a value publishes an envelope`() async throws {
        let bus = CallLog()
        try await bus.publish([1, 2], to: "a.b", source: "s", headers: ["k": "v"])
        try await bus.publish("x", to: "c")
        let published = bus.calls.withLock { $0.published }
        try #require(published.count == 2)
        #expect(published[0].subject == "a.b")
        #expect(published[0].payload == Data("[1,2]".utf8))
        #expect(published[0].source == "s")
        #expect(published[0].headers == ["k": "v"])
        #expect(published[1].payload == Data("\"x\"".utf8))
        #expect(published[1].source == nil && published[1].headers.isEmpty)
        #expect(published.allSatisfy { !$0.id.isEmpty })
    }

    @Test func `a value without a JSON form is not published`() async throws {
        let bus = CallLog()
        let error = try await #require(throws: EventError.self) { try await bus.publish(Double.nan, to: "a") }
        #expect(error == .payloadEncoding(error.fault))
        #expect(bus.calls.withLock { $0.published.isEmpty })
    }

    @Test func `subscribing without options uses the defaults`() async throws {
        let bus = CallLog()
        let subscription = try await bus.subscribe(to: "a.*")
        #expect(subscription.pattern == "a.*")
        #expect(subscription.id.rawValue == "s1")
        let (pattern, options) = try #require(bus.calls.withLock { $0.subscribed.first })
        #expect(pattern == "a.*")
        #expect(options.bufferCapacity == SubscriptionOptions.defaultBufferCapacity)
        #expect(options.backpressure == .dropNewest)
    }

    @Test func `a scoped subscription ends with its scope`() async throws {
        let bus = CallLog()
        var kept: Subscription?
        let result = try await bus.withSubscription(to: "a", options: .init(bufferCapacity: 3)) { subscription in
            kept = subscription
            #expect(bus.ended == 0)
            return 7
        }
        #expect(result == 7)
        #expect(bus.ended == 1)
        #expect(try await #require(kept).next(within: .zero) == nil)
        #expect(bus.calls.withLock { $0.subscribed.first?.options.bufferCapacity } == 3)
    }

    @Test func `a scoped subscription ends when its scope throws`() async throws {
        struct Failure: Error {}
        let bus = CallLog()
        var kept: Subscription?
        await #expect(throws: Failure.self) {
            try await bus.withSubscription(to: "a") { subscription in
                kept = subscription
                throw Failure()
            }
        }
        #expect(bus.ended == 1)
        #expect(kept != nil)
    }

    @Test func `what the bus throws is thrown, and the scope does not run`() async {
        let bus = CallLog(refuses: true)
        await #expect(throws: CallLog.Refusal.self) { try await bus.publish(1, to: "a") }
        await #expect(throws: CallLog.Refusal.self) {
            try await bus.withSubscription(to: "a") { _ in Issue.record("the scope ran") }
        }
    }
}
