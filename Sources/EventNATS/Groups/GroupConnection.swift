import EventCore
import LinkRuntime

/// The connection over which members of groups get their share.
///
/// A server never chooses the connection that an envelope came over, since a bus asks for no echo. So groups have one of
/// their own, and what is published here may go to a member here as to any other. It is with the server that the bus is
/// connected to: what that server has is asked of other servers behind it, in the same pipe.
struct GroupConnection: ~Copyable {
    private let exchange: Exchange
    private let options: NATSConnectionOptions
    /// What libnats tells of the connection that is there now; what it tells of earlier ones is of no interest.
    private var news: ConnectionNews
    private var connection: NATSConnection?
    private(set) var isUp = false
    private var inlets: [Interest: Receiver.GroupInlet] = [:]
    /// What the server was asked for and has not confirmed.
    private var asked: [Interest] = []
    private var nextAttempt = ContinuousClock.now
    /// How many envelopes libnats has thrown away, as far as that is told.
    private var dropped = 0
    private var nextCount = ContinuousClock.now

    /// How long to wait before the next attempt to connect, and before what was thrown away is counted again.
    private static let wait = Duration.seconds(1)

    init(_ exchange: Exchange, options: NATSConnectionOptions) {
        self.exchange = exchange
        self.options = options
        news = ConnectionNews(wake: exchange.wake)
    }

    // MARK: The connection

    /// The bus is connected, maybe to another server, and groups follow it there.
    ///
    /// They are subscribed to there before they leave the server they are with, if that is still there.
    mutating func follow(_ address: ServerAddress, _ server: String) {
        guard !(isUp && connection?.serverID == server) else { return }
        guard !inlets.isEmpty else { return disconnect() }
        guard isUp else { return connect(to: address) }
        var old = connection.take()
        var told = dropped
        connect(to: address)
        for inlet in inlets.values {
            let wire = exchange.namespace.wire(inlet.interest.pattern)
            if old?.drain(wire, group: inlet.queue) == true { continue }
            exchange.receiver.lostForGroups()
            break
        }
        told = max(0, (old?.dropped ?? 0) - told)
        if told > 0 { exchange.reporter.overflowed(told) }
    }

    private mutating func disconnect() {
        count(connection?.dropped ?? 0)
        connection = nil
        (isUp, dropped) = (false, 0)
        exchange.groupsAreConnected(false)
    }

    private mutating func connect(to address: ServerAddress) {
        disconnect()
        nextAttempt = .now + Self.wait
        news = ConnectionNews(wake: exchange.wake)
        var options = options
        (options.servers, options.discoversServers) = ([address], false)
        options.name = options.name.map { "\($0) groups" }
        do throws(EventError) {
            var new = try NATSConnection(options, observer: news)
            for inlet in inlets.values {
                try new.subscribe(
                    to: exchange.namespace.wire(inlet.interest.pattern),
                    group: inlet.queue,
                    receiver: inlet
                )
            }
            guard new.flush() else {
                throw .transport(TransportFailure(operation: "subscribe", reason: "the server does not answer"))
            }
            connection = consume new
            isUp = true
        } catch {
            exchange.reporter.happened(.refused(endpoint: address.description, reason: error.description))
        }
        exchange.groupsAreConnected(isUp)
    }

    /// Takes note of what has happened, and makes a connection anew that is gone; once in each turn of the send thread.
    mutating func look(_ address: ServerAddress?) {
        for event in news.take() {
            switch event {
            case .disconnected: breakDown()
            case .closed:
                breakDown()
                connection = nil
            case .reconnected:
                guard connection?.flush() == true else {
                    disconnect()
                    break
                }
                isUp = true
                exchange.groupsAreConnected(true)
            case .failed(let reason): exchange.reporter.connectionFailed(exchange.receiver.endpoint, reason)
            case .serverStops: break
            }
        }
        guard let address, !inlets.isEmpty else { return }
        let now = ContinuousClock.now
        if connection == nil, now >= nextAttempt {
            connect(to: address)
        } else if now >= nextCount {
            nextCount = now + Self.wait
            count(connection?.dropped ?? 0)
        }
    }

    /// What was on its way to members here is lost, and nobody has counted it.
    private mutating func breakDown() {
        guard isUp else { return }
        isUp = false
        exchange.groupsAreConnected(false)
        if !inlets.isEmpty { exchange.receiver.lostForGroups() }
    }

    private mutating func count(_ total: Int) {
        if total > dropped { exchange.reporter.overflowed(total - dropped) }
        dropped = total
    }

    // MARK: Groups

    /// Asks the server for a share in a group; in effect once ``flush()`` has said so.
    ///
    /// - Throws: ``EventError/transport(_:)``.
    mutating func subscribe(to interest: Interest, queue: [UInt8], at address: ServerAddress?) throws(EventError) {
        if connection == nil, let address { connect(to: address) }
        guard connection != nil else {
            throw .transport(
                TransportFailure(operation: "connect for groups", reason: "the server takes no connection")
            )
        }
        let inlet = exchange.receiver.inlet(for: interest, queue: queue)
        try connection?.subscribe(to: exchange.namespace.wire(interest.pattern), group: queue, receiver: inlet)
        inlets[interest] = inlet
        asked.append(interest)
    }

    /// Gives a group up once its members have had what the server has sent.
    mutating func unsubscribe(from interest: Interest) {
        guard let inlet = inlets.removeValue(forKey: interest) else { return }
        let wire = exchange.namespace.wire(interest.pattern)
        if !isUp {
            connection?.unsubscribe(from: wire, group: inlet.queue)
        } else if connection?.drain(wire, group: inlet.queue) != true {
            exchange.receiver.lostForGroups()
        }
        exchange.receiver.close(inlet)
    }

    /// Gives all groups up, and waits for that for a bounded time.
    mutating func unsubscribeFromAll() {
        let deadline = ContinuousClock.now + options.timeout
        for interest in inlets.keys {
            if ContinuousClock.now > deadline { breakDown() }
            unsubscribe(from: interest)
        }
        count(connection?.dropped ?? 0)
    }

    /// Waits until the server has what it was asked for.
    ///
    /// - Returns: What is in effect now.
    mutating func flush() -> [Interest] {
        guard isUp, !asked.isEmpty, connection?.flush() == true else { return [] }
        let settled = asked
        asked = []
        return settled.filter { isPermitted($0, of: settled.count) }
    }

    /// Whether the server lets the bus have what it has just been asked for.
    private mutating func isPermitted(_ interest: Interest, of count: Int) -> Bool {
        let wire = exchange.namespace.wire(interest.pattern)
        guard let inlet = inlets[interest],
            let words = connection?.refusal(of: wire, group: inlet.queue, receiver: inlet, among: count)
        else { return true }
        inlets[interest] = nil
        connection?.unsubscribe(from: wire, group: inlet.queue)
        let failure = TransportFailure(operation: "subscribe to \(interest.pattern)", reason: words)
        exchange.refused(interest, .transport(failure))
        return false
    }
}
