import EventCore

/// The observer of one run: records every callback, and lets the case act inside one.
final class ConformanceObserver: Observer {
    typealias Hook = @Sendable (RecordingObserver.Event) -> Void

    let recorder = RecordingObserver()
    private let hook = Lock<Hook?>(nil)

    /// Calls `hook` inside every callback from now on, after the callback has been recorded.
    func duringCallbacks(_ hook: @escaping Hook) {
        self.hook.withLock { $0 = hook }
    }

    func onPublish(_ envelope: Envelope) {
        recorder.onPublish(envelope)
        callHook(.published(envelope))
    }

    func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        recorder.onDeliver(envelope, to: subscription)
        callHook(.delivered(envelope, to: subscription))
    }

    func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        recorder.onDrop(envelope, from: subscription, reason: reason)
        callHook(.dropped(envelope, from: subscription, reason: reason))
    }

    private func callHook(_ event: RecordingObserver.Event) {
        hook.withLock(\.self)?(event)
    }
}
