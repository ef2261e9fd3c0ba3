/// What a transport promises; selects the conformance cases that apply to it.
public struct BusProfile: OptionSet, Sendable, Hashable {
    /// One bit for each promise.
    public let rawValue: Int

    /// Creates a profile from its bits.
    ///
    /// - Parameter rawValue: One bit for each promise.
    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Every envelope reaches the matching subscriptions.
    private static let losesNothing = BusProfile(rawValue: 1 << 0)

    /// What is published reaches the matching subscriptions, in each task's order.
    public static let delivers: BusProfile = [.losesNothing, .accountsForLosses]

    /// When `publish` returns, the envelope is in every matching buffer or has been dropped.
    public static let enqueuesBeforeReturning = BusProfile(rawValue: 1 << 1)

    /// `publish` waits while a matching `block` subscription is full.
    public static let backpressureReachesPublisher = BusProfile(rawValue: 1 << 2)

    /// The observer handed to the fixture sees every `onPublish` of the publishing bus.
    public static let observesPublishing = BusProfile(rawValue: 1 << 3)

    /// The observer handed to the fixture sees every `onDeliver` and `onDrop`, before the publish they belong to returns.
    public static let observesEveryDelivery = BusProfile(rawValue: 1 << 4)

    /// Once closed, a bus refuses to publish and to subscribe with `EventError.busClosed`.
    public static let reportsClosed = BusProfile(rawValue: 1 << 5)

    /// What is published reaches the matching subscriptions, in each task's order, or `Bus.link` counts it.
    ///
    /// Among the link's statistics are `lost`, and `unknownLosses` for what nobody could count. The link of the subscribing
    /// bus is asked, and that of the publishing one. A bus that loses nothing promises this as well.
    public static let accountsForLosses = BusProfile(rawValue: 1 << 6)

    /// Subscriptions may be members of groups, of which each envelope goes to one member: `SubscriptionOptions.group`.
    ///
    /// Part of no ready set; add it where it is promised: `[.inProcess, .groups]`.
    public static let groups = BusProfile(rawValue: 1 << 8)

    /// A bus without groups refuses a subscription that asks to be a member of one, rather than give it everything.
    ///
    /// Part of no ready set; to be added where ``groups`` is not promised.
    public static let refusesGroups = BusProfile(rawValue: 1 << 9)

    /// Envelopes may be lost: takes back that every one arrives, whatever else is promised.
    private static let mayLose = BusProfile(rawValue: 1 << 7)

    /// Publishing and subscribing on one bus in one process: everything is promised but ``groups``.
    public static let inProcess: BusProfile = [
        .delivers, .enqueuesBeforeReturning, .backpressureReachesPublisher, .observesPublishing, .observesEveryDelivery,
        .reportsClosed,
    ]

    /// One bus in one process that was made without an observer.
    ///
    /// Many a bus has a shorter way when nobody observes it, which the cases for ``inProcess`` never go. Leave the observer
    /// out that the fixture is offered.
    public static let unobserved = inProcess.subtracting([.observesPublishing, .observesEveryDelivery])

    /// Two linked buses, where `publish` returns before the far side has the envelope, and nothing is lost meanwhile.
    public static let fireAndForget: BusProfile = [.delivers, .observesPublishing, .reportsClosed]

    /// Two linked buses that may lose envelopes at any time and tell how many: ``accountsForLosses``.
    ///
    /// A case passes when what is missing has been counted, and fails when it has not. Something has to arrive, though: a
    /// case waits in vain for a bus that loses everything. Together with another profile it means that one less the
    /// promise that every envelope arrives.
    public static let lossy: BusProfile = [.mayLose, .accountsForLosses, .observesPublishing, .reportsClosed]

    /// A bus that takes everything and delivers nothing.
    public static let discards: BusProfile = []
}

extension BusProfile {
    /// What a case needs that looks into buffers.
    static let buffered: BusProfile = [.delivers, .enqueuesBeforeReturning]

    /// What a case needs that counts callbacks.
    static let observed: BusProfile = [.buffered, .observesPublishing, .observesEveryDelivery]

    /// What a case needs that makes a publisher wait.
    static let blocking: BusProfile = [.buffered, .backpressureReachesPublisher]

    /// What a case needs that makes a publisher wait and counts callbacks.
    static let observedBlocking: BusProfile = [.blocking, .observed]

    /// Whether envelopes that are missing are counted, rather than the bus at fault.
    var toleratesLosses: Bool { contains(.mayLose) }

    /// What is left of the promises where envelopes may be lost.
    var kept: BusProfile { toleratesLosses ? subtracting(.losesNothing) : self }
}
