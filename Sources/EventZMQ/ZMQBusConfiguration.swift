public import EventCore
public import Logging

/// Where a ``ZMQBus`` publishes and subscribes, and how.
///
/// A bus publishes at the endpoints of one list and receives from those of the other. Either list may be empty. Whoever
/// connects to two addresses of the same publisher gets everything twice.
public struct ZMQBusConfiguration: Sendable {
    /// Where what is published on this bus goes to.
    public var publish: [ZMQEndpoint]
    /// Where what other buses publish comes from.
    public var subscribe: [ZMQEndpoint]
    /// Told what happens to every envelope on this bus, those that come off the wire included.
    public var observer: (any Observer)?

    /// How many envelopes wait for one subscriber at most; what is published on top of that is lost to it.
    ///
    /// While more than 64 envelopes a millisecond are published, small ones on one subject leave together; so many may be in
    /// such messages for the slowest subscriber, and as many again alone.
    /// Room that a subscriber makes is noticed by halves of this, so a burst of half as many is sure to fit one that
    /// had caught up.
    /// From 1 to 2³¹ − 1, 100 000 unless set. This is what a subscriber that does not read can cost in memory, per
    /// subscriber: so many times the size of an envelope and about 200 bytes.
    public var sendHighWaterMark = 100_000

    /// The greatest payload, or subject and header, in bytes, that is sent or accepted; at least 1024, 16 MiB unless set.
    ///
    /// Publishing more throws. A peer that sends more is disconnected, and connected to again. A publisher that has a
    /// subscriber with less than 64 KiB sends small envelopes together to nobody.
    public var maximumMessageSize = 16 << 20

    /// How many literal prefixes are subscribed to at publishers at most; at least 1, 4096 unless set.
    ///
    /// With more, shorter ones take their place, and more arrives than was asked for, to be sorted out locally.
    public var maximumWirePrefixes = 4096

    /// How often a silent connection is probed; 5 seconds unless set, zero or less for never.
    ///
    /// A peer that does not answer for three times as long counts as gone. That must be longer than the greatest
    /// message takes to transfer.
    public var heartbeatInterval = Duration.seconds(5)

    /// How long `close` waits at most for what was published to leave the process; not negative, 1 second unless set.
    public var linger = Duration.seconds(1)

    /// How long `subscribe` waits at most for publishers to confirm; not negative, 2 seconds unless set.
    public var confirmationTimeout = Duration.seconds(2)

    /// How many envelopes that came off the wire wait at most for predicates and observers that are slow; from 1, 100 000
    /// unless set.
    ///
    /// What comes on top of that is dropped and counted as ``/EventCore/LinkStatistics/overflowed``. Without an observer
    /// and predicates nothing waits.
    public var receiveQueueCapacity = 100_000

    /// How many bytes these take at most, about; from 1024, 256 MiB unless set.
    public var receiveQueueBytes = 256 << 20

    /// How long a publisher goes on counting for a bus that has gone away without a word; not negative, 60 seconds
    /// unless set.
    ///
    /// When the bus comes back in time, it learns how many envelopes it has missed; later, only that there may be some.
    /// For so long a subscriber waits for a publisher that has gone without a word, too, before it tells that nobody knows
    /// what that one had published last.
    public var subscriberRetention = Duration.seconds(60)

    /// How many bytes of memory that takes at most, for each publishing socket; not negative, 8 MiB unless set.
    ///
    /// A prefix takes its length and about 256 bytes. Who has been away for longest is forgotten first.
    public var subscriberRetentionBytes = 8 << 20

    /// Whether host names and `*` also mean IPv6, and addresses like `[::1]` are accepted; off unless set.
    public var ipv6 = false

    /// How many subscriptions a peer may have at this bus; at least 1, 32 768 unless set.
    ///
    /// A bus has three for each wire prefix. Whoever has more is cut off, which the event `refused` tells.
    public var maximumPeerSubscriptions = 32_768

    /// How many bytes these may have; at least 1024, 2 MiB unless set.
    ///
    /// libzmq takes about 32 bytes of memory for each.
    public var maximumPeerSubscriptionBytes = 2 << 20

    /// How many bytes the subscriptions of all peers at one publishing socket may have; at least 1024, 4 MiB unless set.
    ///
    /// When they have more, the peer that has most is cut off.
    public var maximumSubscriptionBytes = 4 << 20

    /// Who may connect to an `ipc://` endpoint that has a path and is bound here: the mode of its file, which is set before
    /// anyone can; from 0 to 0o777, 0o600 unless set, which is the user alone.
    public var socketFileMode = 0o600

    /// Who may connect, and whom this bus trusts; ``ZMQSecurity/none`` for anyone who can reach it.
    ///
    /// Unless set, anyone may who can reach it, and nothing may be bound that can be reached from other hosts.
    public var security: ZMQSecurity?

    /// The security of single endpoints, where it is not ``security``: other keys, other peers, or ``ZMQSecurity/none``.
    ///
    /// At each endpoint peers may do what is allowed there; what a key may do at one says nothing of another. An origin has
    /// one owner in the whole bus. Each endpoint has to be one of ``publish`` or ``subscribe``.
    public var endpointSecurity: [ZMQEndpoint: ZMQSecurity] = [:]

    /// What is sent at single endpoints of ``publish``: the subjects that match one of some patterns; at all others
    /// everything.
    ///
    /// Whoever subscribes there to something else gets nothing of it, and counts as no subscriber of it. Nothing else is
    /// different: where less is sent nothing is lost.
    public var endpointSubjects: [ZMQEndpoint: [Pattern]] = [:]

    /// Where changes of state are logged: peers that come and go, and the first signs of loss.
    public var logger: Logger?

    /// Creates a configuration with the values described above.
    ///
    /// - Parameters:
    ///   - publish: Where what is published on this bus goes to.
    ///   - subscribe: Where what other buses publish comes from.
    ///   - observer: Told what happens to every envelope.
    public init(publish: [ZMQEndpoint], subscribe: [ZMQEndpoint], observer: (any Observer)? = nil) {
        self.publish = publish
        self.subscribe = subscribe
        self.observer = observer
    }

    static let sendHighWaterMarks = 1...Int(Int32.max)
    static let maximumMessageSizes = 1024...Int.max
    static let wirePrefixMaxima = 1...Int.max
    static let receiveQueueCapacities = 1...Int.max
    static let receiveQueueSizes = 1024...Int.max
    static let retentionSizes = 0...Int.max
    static let subscriptionMaxima = 1...Int.max
    static let subscriptionSizes = 1024...Int.max
    static let socketFileModes = 0...0o777

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names what is out of range.
    func validate() throws(EventError) {
        try Self.check("sendHighWaterMark", sendHighWaterMark, in: Self.sendHighWaterMarks)
        try Self.check("maximumMessageSize", maximumMessageSize, in: Self.maximumMessageSizes)
        try Self.check("maximumWirePrefixes", maximumWirePrefixes, in: Self.wirePrefixMaxima)
        try Self.check("receiveQueueCapacity", receiveQueueCapacity, in: Self.receiveQueueCapacities)
        try Self.check("receiveQueueBytes", receiveQueueBytes, in: Self.receiveQueueSizes)
        try Self.check("subscriberRetentionBytes", subscriberRetentionBytes, in: Self.retentionSizes)
        try Self.check("maximumPeerSubscriptions", maximumPeerSubscriptions, in: Self.subscriptionMaxima)
        try Self.check("maximumPeerSubscriptionBytes", maximumPeerSubscriptionBytes, in: Self.subscriptionSizes)
        try Self.check("maximumSubscriptionBytes", maximumSubscriptionBytes, in: Self.subscriptionSizes)
        guard Self.socketFileModes.contains(socketFileMode) else {
            throw .invalidConfiguration("socketFileMode \(String(socketFileMode, radix: 8)) is not from 0 to 777")
        }
        guard subscriberRetention >= .zero else { throw .invalidConfiguration("subscriberRetention is negative") }
        guard linger >= .zero else { throw .invalidConfiguration("linger is negative") }
        guard confirmationTimeout >= .zero else { throw .invalidConfiguration("confirmationTimeout is negative") }
        try validateSecurity()
        for (endpoint, patterns) in endpointSubjects {
            guard publish.count(where: { $0 == endpoint }) == 1 else {
                throw .invalidConfiguration(
                    "\(endpoint): has subjects of its own, but is not once among those that publish"
                )
            }
            guard !patterns.isEmpty else { throw .invalidConfiguration("\(endpoint): no subject may be sent there") }
        }
        for endpoints in [publish, subscribe] {
            var addresses: Set<String> = []
            for endpoint in endpoints {
                _ = try EndpointAddress(of: endpoint)
                guard endpoint.isWildcard || addresses.insert(endpoint.address).inserted else {
                    throw .invalidConfiguration("\(endpoint): the address is given twice")
                }
            }
        }
    }

    var subscriptionLimits: SubscriptionBudget.Limits {
        SubscriptionBudget.Limits(
            prefixes: maximumPeerSubscriptions,
            bytes: maximumPeerSubscriptionBytes,
            totalBytes: maximumSubscriptionBytes
        )
    }

    private static func check(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(EventError) {
        guard range.contains(value) else {
            throw .invalidConfiguration("\(name) \(value) is not from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension ZMQEndpoint {
    /// Whether binding it twice gives two addresses.
    var isWildcard: Bool {
        guard case .bind(let address) = self else { return false }
        return address == "ipc://*" || address.hasSuffix(":*") || address.hasSuffix(":0")
    }
}
