/// Watches over a socket that connects, and tells when it has to be replaced because libzmq gave up on it.
///
/// A connection that is lost is retried by libzmq, and it says so at once. After a protocol error, such as a message
/// over the limit, it neither retries nor says anything, and connecting again does nothing: only a new socket helps.
struct SupervisorStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable, Sendable {
        /// Replace the socket.
        case restart
    }

    private enum State {
        case connecting
        case established(since: Instant)
        /// The connection ended and no retry was announced yet.
        case ended(decideAt: Instant)
        case dead(restartAt: Instant)
    }

    /// How long to wait for the announcement of a retry, which follows at once when it does.
    private static let grace = Duration.milliseconds(250)
    private static let firstBackoff = Duration.milliseconds(50)
    private static let lastBackoff = Duration.seconds(5)
    /// A connection that lasted this long was a good one.
    private static let goodAfter = Duration.seconds(10)

    private var state = State.connecting
    private var restarts = 0

    mutating func handle(_ event: MonitorEvent, now: Instant) {
        switch event {
        case .opened, .retried:
            if case .established = state { return }
            state = .connecting
        case .established:
            state = .established(since: now)
        case .refused, .listening, .turnedAway:
            break
        case .disconnected:
            if case .established(let since) = state, now - since >= Self.goodAfter { restarts = 0 }
            state = .ended(decideAt: now + Self.grace)
        }
    }

    /// The socket could not be replaced; it is to be tried again, after a while.
    mutating func restartFailed(now: Instant) {
        state = .ended(decideAt: now)
    }

    /// When ``tick(_:jitter:)`` is to be called next.
    var deadline: Instant? {
        switch state {
        case .connecting, .established: nil
        case .ended(let instant), .dead(let instant): instant
        }
    }

    /// Goes on when time has passed.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - jitter: From 0 to 1; spreads the restarts of several buses.
    /// - Returns: What to do.
    mutating func tick(_ now: Instant, jitter: Double) -> Action? {
        switch state {
        case .ended(let decideAt) where now >= decideAt:
            let backoff = min(Self.firstBackoff * (1 << min(restarts, 10)), Self.lastBackoff)
            state = .dead(restartAt: now + backoff * (0.5 + jitter / 2))
            restarts += 1
            return nil
        case .dead(let restartAt) where now >= restartAt:
            state = .connecting
            return .restart
        default:
            return nil
        }
    }
}
