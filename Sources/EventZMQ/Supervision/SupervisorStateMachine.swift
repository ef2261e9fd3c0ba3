/// Watches over a socket that connects, and tells when it has to be replaced because libzmq gave up on it.
///
/// A connection that is lost is retried by libzmq, and it says so at once. After a protocol error, such as a message
/// over the limit, it neither retries nor says anything, and connecting again does nothing: only a new socket helps.
/// A peer that refuses is asked again several times a second for ever, since the connection itself succeeds; after some
/// refusals it is asked less and less often.
struct SupervisorStateMachine: Sendable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable, Sendable {
        /// Replace the socket.
        case restart
        /// Do not connect any more, until it is replaced.
        case disconnect
    }

    private enum State {
        case connecting
        case established(since: Instant)
        /// The connection ended and no retry was announced yet.
        case ended(decideAt: Instant)
        case dead(restartAt: Instant)
        /// Refused too often.
        case refused(at: Instant)
        case paused(restartAt: Instant)
    }

    /// How long to wait for the announcement of a retry, which follows at once when it does.
    private static let grace = Duration.milliseconds(250)
    private static let firstBackoff = Duration.milliseconds(50)
    private static let lastBackoff = Duration.seconds(5)
    /// A connection that lasted this long was a good one.
    private static let goodAfter = Duration.seconds(10)

    private static let patience = 3
    private static let firstPause = Duration.seconds(1)
    private static let lastPause = Duration.seconds(30)

    private var state = State.connecting
    /// How often the peer has refused since it last accepted.
    private var refusals = 0
    private var restarts = 0

    mutating func handle(_ event: MonitorEvent, now: Instant) {
        switch event {
        case .opened, .begun, .retried:
            guard !isDecided else { return }
            state = .connecting
        case .established:
            refusals = 0
            state = .established(since: now)
        case .refused:
            refusals += 1
            if refusals >= Self.patience, !isDecided { state = .refused(at: now) }
        case .listening, .turnedAway:
            break
        case .disconnected:
            switch state {
            case .refused, .paused: return
            default: break
            }
            if case .established(let since) = state, now - since >= Self.goodAfter { restarts = 0 }
            state = .ended(decideAt: now + Self.grace)
        }
    }

    /// Whether what libzmq says of its attempts changes nothing.
    private var isDecided: Bool {
        switch state {
        case .established, .refused, .paused: true
        case .connecting, .ended, .dead: false
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
        case .ended(let instant), .dead(let instant), .refused(let instant), .paused(let instant): instant
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
        case .refused(let decideAt) where now >= decideAt:
            let pause = min(Self.firstPause * (1 << min(refusals - Self.patience, 5)), Self.lastPause)
            state = .paused(restartAt: now + pause * (0.5 + jitter / 2))
            return .disconnect
        case .dead(let restartAt) where now >= restartAt, .paused(let restartAt) where now >= restartAt:
            state = .connecting
            return .restart
        default:
            return nil
        }
    }
}
