public import EventCore

/// An observer that records every callback in order and can wait for what is still to come.
///
/// It may be shared by several buses and used from any task; each callback costs one short lock. What it records is
/// kept until ``reset()``.
public final class RecordingObserver: Observer {
    private let journal = Journal<Callback>()

    /// Creates an observer that has recorded nothing.
    public init() {}

    /// Every callback so far, in the order in which they came.
    public var callbacks: [Callback] {
        journal.entries
    }

    /// Every callback about an envelope so far, in the order in which they came.
    public var events: [Event] {
        journal.entries.compactMap(\.event)
    }

    /// The subscriptions that have begun and not ended, in the order in which they began.
    ///
    /// Where a test is over and the bus still open, it shows what has been left behind.
    public var openSubscriptions: [SubscriptionInfo] {
        var open: [SubscriptionInfo] = []
        for callback in callbacks {
            switch callback {
            case .subscribed(let subscription): open.append(subscription)
            case .ended(let subscription, _): open.removeAll { $0.id == subscription.id }
            case .event: break
            }
        }
        return open
    }

    /// The envelopes that were announced by `onPublish`, in order.
    public var envelopes: [Envelope] {
        events.compactMap { event in
            if case .published(let envelope) = event { envelope } else { nil }
        }
    }

    /// The number of `onPublish` callbacks.
    public var publishedCount: Int {
        events.count { event in
            if case .published = event { true } else { false }
        }
    }

    /// The number of `onDeliver` callbacks.
    public var deliveredCount: Int {
        events.count { event in
            if case .delivered = event { true } else { false }
        }
    }

    /// Counts the `onDrop` callbacks.
    ///
    /// - Parameter reason: Counts only drops for this reason; nil counts them all.
    /// - Returns: The number of matching callbacks so far.
    public func droppedCount(reason: DropReason? = nil) -> Int {
        events.count { event in
            if case .dropped(_, _, let seen) = event { reason == nil || reason == seen } else { false }
        }
    }

    /// Waits until the callbacks about envelopes fulfil a condition.
    ///
    /// The condition is checked at once and then at every callback, on the task that makes the callback, so it should
    /// be quick and must not use the bus. It sees each state of the record: waiting for exactly three events works
    /// even when they come in a burst.
    ///
    /// - Parameters:
    ///   - limit: How long to wait at most.
    ///   - condition: Gets everything recorded so far and says whether that is enough.
    /// - Throws: ``ExpectationTimeout`` when the time is up, `CancellationError` when the task is cancelled.
    public func waitUntil(
        within limit: Duration = .seconds(5),
        _ condition: @escaping @Sendable ([Event]) -> Bool
    ) async throws {
        try await waitUntilCallbacks(within: limit) { condition($0.compactMap(\.event)) }
    }

    /// Waits until what has been recorded, of envelopes and of subscriptions, fulfils a condition.
    ///
    /// - Parameters:
    ///   - limit: How long to wait at most.
    ///   - condition: Gets everything recorded so far and says whether that is enough; called as that of
    ///     ``waitUntil(within:_:)``.
    /// - Throws: ``ExpectationTimeout`` when the time is up, `CancellationError` when the task is cancelled.
    public func waitUntilCallbacks(
        within limit: Duration = .seconds(5),
        _ condition: @escaping @Sendable ([Callback]) -> Bool
    ) async throws {
        guard try await journal.entries(within: limit, fulfilling: condition) == nil else { return }
        throw ExpectationTimeout(limit: limit, seen: callbacks.map(\.description))
    }

    /// Forgets everything recorded so far; a wait in progress goes on with what comes next.
    public func reset() {
        journal.removeAll()
    }

    /// Records that an envelope is about to be published.
    ///
    /// - Parameter envelope: The envelope as the subscriptions will see it.
    public func onPublish(_ envelope: Envelope) {
        journal.append(.event(.published(envelope)))
    }

    /// Records that an envelope was put into the buffer of a subscription.
    ///
    /// - Parameters:
    ///   - envelope: The envelope that was delivered.
    ///   - subscription: The subscription that has it now.
    public func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        journal.append(.event(.delivered(envelope, to: subscription)))
    }

    /// Records that a subscription will not see an envelope.
    ///
    /// - Parameters:
    ///   - envelope: The envelope that was dropped.
    ///   - subscription: The subscription that does not get it.
    ///   - reason: Why it was dropped.
    public func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        journal.append(.event(.dropped(envelope, from: subscription, reason: reason)))
    }

    /// Records that a subscription begins.
    ///
    /// - Parameter subscription: What begins.
    public func onSubscribe(_ subscription: SubscriptionInfo) {
        journal.append(.subscribed(subscription))
    }

    /// Records that a subscription has ended.
    ///
    /// - Parameters:
    ///   - subscription: What has ended.
    ///   - reason: What ended it.
    public func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        journal.append(.ended(subscription, reason: reason))
    }
}
