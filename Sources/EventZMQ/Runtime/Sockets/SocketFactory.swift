import EventCore

/// Makes sockets as a configuration wants them.
struct SocketFactory: Sendable {
    let context: ZMQContext
    private let configuration: ZMQBusConfiguration
    private let identity: PeerIdentity
    /// Says who may connect, where that is restricted.
    let authenticator: Authenticator?

    init(_ configuration: ZMQBusConfiguration, busID: String) throws(EventError) {
        context = try ZMQContext()
        self.configuration = configuration
        identity = PeerIdentity(bus: busID)
        if let rules = configuration.accessRules {
            authenticator = try Authenticator(rules, in: context)
        } else {
            authenticator = nil
        }
    }

    /// No prefix of a subject is longer than 1024 bytes, which a command of the protocol surrounds; a longer message than
    /// a peer accepts ends the connection.
    private static let maximumNoticeSize = 1024 + 64

    /// What libzmq counts for a frame beyond what it holds, when it is encrypted.
    private var encryptionSize: Int { configuration.isKeyed ? 33 : 0 }

    func publisher() throws(EventError) -> ZMQSocket {
        try open(
            .publish,
            [
                (.sendHighWaterMark, configuration.sendHighWaterMark), (.linger, configuration.linger.milliseconds),
                (.maximumMessageSize, Self.maximumNoticeSize + encryptionSize), (.xpubVerboser, 1), (.xpubNoDrop, 1),
                // Without this a subscriber that is gone counts as present, and what is published for it piles up.
                (.immediate, 1),
            ]
        )
    }

    func subscriber() throws(EventError) -> ZMQSocket {
        try open(
            .subscribe,
            [
                // Subscriptions are messages too, and one that finds the queue full is lost without a word.
                (.sendHighWaterMark, 0), (.linger, 0),
                (.maximumMessageSize, min(configuration.maximumMessageSize, .max - encryptionSize) + encryptionSize),
            ]
        )
    }

    private func open(_ kind: ZMQSocket.Kind, _ values: [(ZMQSocketOption, Int)]) throws(EventError) -> ZMQSocket {
        let socket = try ZMQSocket.open(kind, in: context, options: common(values))
        socket.setProperty(PeerIdentity.property, identity.text)
        socket.setProperty(WireVersion.property, String(WireVersion.current))
        let greatest = configuration.maximumMessageSize
        if greatest < EnvelopeBatch.byteCapacity { socket.setProperty(PeerIdentity.narrowProperty, String(greatest)) }
        return socket
    }

    /// Sets up who is at the two ends of what is bound or connected next.
    ///
    /// libzmq takes these options at each bind and connect.
    func secure(_ socket: borrowing ZMQSocket, for endpoint: ZMQEndpoint) throws(EventError) {
        guard authenticator != nil else { return }
        let domain = configuration.domain(of: endpoint)
        // With an empty domain, or without insisting on it, libzmq lets everybody in.
        try socket.set(.domain, Array(domain.name.utf8))
        try socket.set(.enforcesDomain, 1)
        // Without this what is set below for another endpoint of the socket would go on.
        try socket.set(.curveServer, 0)
        guard endpoint.isTCP, let security = domain.keyed, let pair = security.keyPair else { return }
        let isServer = if case .bind = endpoint { true } else { false }
        if isServer { try socket.set(.curveServer, 1) }
        try socket.set(.curveSecretKey, pair.secret)
        guard !isServer else { return }
        guard let key = security.serverKeys[endpoint] else {
            throw .invalidConfiguration("\(endpoint): no key is expected there")
        }
        try socket.set(.curvePublicKey, pair.publicKey.bytes)
        try socket.set(.curveServerKey, key.bytes)
    }

    private func common(_ values: [(ZMQSocketOption, Int)]) -> ZMQSocketOptions {
        var options = values
        options += [
            // With heartbeats and a limit here libzmq 4.3.4 aborts when the reader is slow.
            (.receiveHighWaterMark, 0),
            // With libzmq's 100, the connections of hundreds of clients that come at once are made a second later.
            (.backlog, 1000),
            (.reconnectInterval, 100), (.reconnectIntervalMaximum, 5000), (.handshakeInterval, 5000),
            (.connectTimeout, 5000), (.tcpKeepAlive, 1), (.ipv6, configuration.ipv6 ? 1 : 0),
        ]
        let heartbeat = configuration.heartbeatInterval.milliseconds
        if heartbeat > 0 {
            options += [
                (.heartbeatInterval, heartbeat), (.heartbeatTimeout, heartbeat * 3),
                // A tenth of a second each in 16 bits, which libzmq lets overflow.
                (.heartbeatTimeToLive, min(heartbeat * 4, 65_000)),
            ]
        }
        return ZMQSocketOptions(values: options)
    }
}

extension Duration {
    /// Rounded up, and not more than fits an option of libzmq.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        guard seconds > -1_000_000 else { return -1_000_000_000 }
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
