import EventCore

/// The observer of one run: records every callback, and lets the case act inside one.
final class ConformanceObserver: Observer {
    typealias Hook = @Sendable (RecordingObserver.Event) -> Void
    typealias SubscriptionHook = @Sendable (SubscriptionInfo) -> Void

    let recorder = RecordingObserver()
    /// What the case did and saw, in words, and the callbacks among it.
    let story = Journal<String>()
    private let hook = Lock<Hook?>(nil)
    private let beginHook = Lock<SubscriptionHook?>(nil)
    private let endHook = Lock<SubscriptionHook?>(nil)
    private let names = Lock<[SubscriptionID: String]>([:])

    /// What a subscription is called in the story, whatever its id: s1, s2 and so on, in the order in which they turn up.
    func name(of subscription: SubscriptionID) -> String {
        names.withLock { names in
            if let name = names[subscription] { return name }
            let name = "s\(names.count + 1)"
            names[subscription] = name
            return name
        }
    }

    /// Calls `hook` inside every callback about an envelope from now on, after the callback has been recorded.
    func duringCallbacks(_ hook: @escaping Hook) {
        self.hook.withLock { $0 = hook }
    }

    /// Calls `hook` inside every `onSubscribe` from now on, after it has been recorded.
    func duringBeginnings(_ hook: @escaping SubscriptionHook) {
        beginHook.withLock { $0 = hook }
    }

    /// Calls `hook` inside every `onEnd` from now on, after it has been recorded.
    func duringEnds(_ hook: @escaping SubscriptionHook) {
        endHook.withLock { $0 = hook }
    }

    func onPublish(_ envelope: Envelope) {
        recorder.onPublish(envelope)
        tell(.published(envelope))
    }

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        recorder.onDeliver(envelope, to: subscription)
        tell(.delivered(envelope, to: subscription))
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        recorder.onDrop(envelope, from: subscription, reason: reason)
        tell(.dropped(envelope, from: subscription, reason: reason))
    }

    func onSubscribe(_ subscription: SubscriptionInfo) {
        recorder.onSubscribe(subscription)
        story.append("onSubscribe \(name(of: subscription.id))")
        beginHook.withLock(\.self)?(subscription)
    }

    func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        recorder.onEnd(subscription, reason: reason)
        story.append("onEnd \(name(of: subscription.id)): \(reason.rawValue)")
        endHook.withLock(\.self)?(subscription)
    }

    private func tell(_ event: RecordingObserver.Event) {
        story.append(callback(event))
        hook.withLock(\.self)?(event)
    }

    /// The callback as the story of a run tells it: "onDrop a from s1: buffer_full".
    private func callback(_ event: RecordingObserver.Event) -> String {
        switch event {
        case .published(let envelope): "onPublish \(envelope.label)"
        case .delivered(let envelope, let subscription): "onDeliver \(envelope.label) to \(name(of: subscription))"
        case .dropped(let envelope, let subscription, let reason):
            "onDrop \(envelope.label) from \(name(of: subscription)): \(reason.rawValue)"
        }
    }
}
