import EventCore
import EventTransport

/// What tasks ask of the service thread.
enum Command: Sendable {
    /// How a wait ended.
    enum Outcome: Sendable {
        case done
        case confirmed(SubscriptionConfirmation)
        case timedOut
        case cancelled
        case closed
    }

    /// Subscribe to the prefix of a pattern, and say when every publisher has confirmed it.
    case request(Pattern, limit: Duration?, id: UInt64, Waiter<Outcome>)
    /// A subscription to a prefix has ended.
    case release(WirePrefix)
    /// Say when so many peers subscribe to a subject.
    case awaitSubscribers(Subject, count: Int, timeout: Duration, id: UInt64, Waiter<Outcome>)
    /// The name of a link's host was looked up.
    case resolved(HostResolver.Answer, link: Int)
    /// A task that waits was cancelled.
    case cancel(id: UInt64)
    case stop

    /// Who waits for it.
    var waiter: Waiter<Outcome>? {
        switch self {
        case .request(_, _, _, let waiter), .awaitSubscribers(_, _, _, _, let waiter): waiter
        case .release, .resolved, .cancel, .stop: nil
        }
    }
}
