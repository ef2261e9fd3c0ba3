/// Decides when the name of a host to connect to is looked up, and which of its addresses is connected to.
///
/// libzmq tries an address again and again by itself. When that does not lead to a connection for a while, the name is
/// looked up again, since it may have moved, and of several addresses the next one has its turn.
struct ResolutionStateMachine: Sendable, Hashable {
    typealias Instant = ContinuousClock.Instant

    enum Action: Hashable, Sendable {
        /// Look the name up, and report the outcome.
        case lookUp
        /// Connect to this address, in place of the one before.
        case connect(String)
        /// The name has no addresses, for the first time since it had some.
        case tell(String)
    }

    static let firstBackoff = Duration.milliseconds(250)
    static let lastBackoff = Duration.seconds(30)
    /// For so long an address is tried before the name is looked up again.
    static let patience = Duration.seconds(10)

    private enum Connection: Hashable, Sendable {
        case absent(lookUpAt: Instant)
        case established
    }

    private var connection: Connection
    private var isLookingUp = false
    private var address: String?
    private var failures = 0

    /// Creates a machine that wants the name to be looked up at once, by the first ``tick(_:)``.
    init(now: Instant) {
        connection = .absent(lookUpAt: now)
    }

    /// When ``tick(_:)`` is to be called next.
    var deadline: Instant? {
        guard !isLookingUp, case .absent(let lookUpAt) = connection else { return nil }
        return lookUpAt
    }

    mutating func tick(_ now: Instant) -> [Action] {
        guard let deadline, deadline <= now else { return [] }
        isLookingUp = true
        return [.lookUp]
    }

    // MARK: Look-ups

    /// The name was looked up.
    ///
    /// - Parameters:
    ///   - addresses: At least one, the preferred one first.
    ///   - now: The time.
    /// - Returns: What to do.
    mutating func resolved(_ addresses: [String], now: Instant) -> [Action] {
        isLookingUp = false
        failures = 0
        // What was looked for has come back by itself.
        guard case .absent = connection else { return [] }
        connection = .absent(lookUpAt: now + Self.patience)
        guard let next = next(of: addresses), next != address else { return [] }
        address = next
        return [.connect(next)]
    }

    private func next(of addresses: [String]) -> String? {
        guard let place = addresses.firstIndex(where: { $0 == address }) else { return addresses.first }
        return addresses[(place + 1) % addresses.count]
    }

    /// The name could not be looked up.
    mutating func failed(_ reason: String, now: Instant) -> [Action] {
        isLookingUp = false
        let backoff = min(Self.firstBackoff * (1 << min(failures, 10)), Self.lastBackoff)
        failures += 1
        if case .absent = connection { connection = .absent(lookUpAt: now + backoff) }
        return failures == 1 ? [.tell(reason)] : []
    }

    // MARK: Connections

    mutating func connected() {
        connection = .established
    }

    /// The connection ended; libzmq is trying the same address again.
    mutating func disconnected(now: Instant) {
        guard case .established = connection else { return }
        connection = .absent(lookUpAt: now + Self.patience)
    }
}
