public import EventCore

extension Envelope {
    /// The envelope as a bus shows it to others: with an id, a time and the trace of the task.
    ///
    /// A transport calls this first in `publish`, on the publisher's task, and sends on and hands out what it returns, so
    /// that everybody sees the same. What is set stays, except for `origin`: who publishes an envelope that came from
    /// elsewhere is its origin then.
    ///
    /// - Returns: The envelope; itself, without a copy, when nothing is missing.
    /// - Complexity: O(1), and one read of a task-local value when the trace is not set and the task carries none.
    public func filledForPublishing() -> Envelope {
        if isFilledForPublishing { return self }
        var envelope = self
        envelope.fill()
        return envelope
    }

    /// The envelope as it came off a wire: with an id and a time; a trace of the task that delivers it is not its own.
    ///
    /// `MemoryBus.deliver(_:)` does so itself.
    ///
    /// - Returns: The envelope; itself, without a copy, when nothing is missing.
    public func filledForDelivery() -> Envelope {
        var envelope = self
        envelope.fillIdentity()
        return envelope
    }
}
