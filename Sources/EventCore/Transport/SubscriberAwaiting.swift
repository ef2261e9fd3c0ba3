/// A bus whose publishers can wait until subscribers elsewhere are ready.
///
/// A bus within one process has no need for it, for there a subscription is in effect when `subscribe` returns. Code that
/// takes `any Bus` calls ``Bus/waitForSubscribersElsewhere(of:atLeast:timeout:)``, which serves both.
public protocol SubscriberAwaiting: Bus {
    /// Waits until subscribers elsewhere are ready for what is published on a subject.
    ///
    /// - Parameters:
    ///   - subject: What is going to be published on.
    ///   - count: How many subscribers to wait for; with 0 or less there is nothing to wait for.
    ///   - timeout: How long to wait at most.
    /// - Returns: Whether there were so many in time.
    /// - Throws: ``EventError/busClosed``; `CancellationError` when the task is cancelled; what a transport documents.
    func waitForSubscribers(of subject: Subject, atLeast count: Int, timeout: Duration) async throws -> Bool
}

extension Bus {
    /// Waits as ``SubscriberAwaiting`` does where the bus is one; any other bus has nothing to wait for.
    ///
    /// Call it where it matters that the first envelope arrives. It is also what a bus that wraps another one answers
    /// with, so that wrapping hides nothing.
    ///
    /// - Parameters:
    ///   - subject: What is going to be published on.
    ///   - count: How many subscribers to wait for.
    ///   - timeout: How long to wait at most.
    /// - Returns: Whether there were so many in time.
    /// - Throws: As ``SubscriberAwaiting/waitForSubscribers(of:atLeast:timeout:)``.
    public func waitForSubscribersElsewhere(
        of subject: Subject,
        atLeast count: Int,
        timeout: Duration
    ) async throws -> Bool {
        guard let bus = self as? any SubscriberAwaiting else { return true }
        return try await bus.waitForSubscribers(of: subject, atLeast: count, timeout: timeout)
    }
}
