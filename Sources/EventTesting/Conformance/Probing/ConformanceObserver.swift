import EventCore

/// The observer of one run: records every callback, and lets the case act inside one.
final class ConformanceObserver: Observer {
    typealias Hook = @Sendable (RecordingObserver.Event) -> Void

    let recorder = RecordingObserver()
    /// What the case did and saw, in words, and the callbacks among it.
    let story = Journal<String>()
    private let hook = Lock<Hook?>(nil)

    /// Calls `hook` inside every callback from now on, after the callback has been recorded.
    func duringCallbacks(_ hook: @escaping Hook) {
        self.hook.withLock { $0 = hook }
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

    private func tell(_ event: RecordingObserver.Event) {
        story.append(event.callback)
        hook.withLock(\.self)?(event)
    }
}

extension RecordingObserver.Event {
    /// The callback as the story of a run tells it: "onDrop a from s1: buffer_full".
    fileprivate var callback: String {
        switch self {
        case .published(let envelope): "onPublish \(envelope.label)"
        case .delivered(let envelope, let subscription): "onDeliver \(envelope.label) to \(subscription)"
        case .dropped(let envelope, let subscription, let reason):
            "onDrop \(envelope.label) from \(subscription): \(reason.rawValue)"
        }
    }
}
