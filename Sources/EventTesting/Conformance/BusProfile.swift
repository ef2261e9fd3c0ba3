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

    /// What is published reaches the matching subscriptions, in each task's order.
    public static let delivers = BusProfile(rawValue: 1 << 0)

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

    /// Publishing and subscribing on one bus in one process: everything is promised.
    public static let inProcess: BusProfile = [
        .delivers, .enqueuesBeforeReturning, .backpressureReachesPublisher, .observesPublishing, .observesEveryDelivery,
        .reportsClosed,
    ]

    /// Two linked buses, where `publish` returns before the far side has the envelope.
    public static let fireAndForget: BusProfile = [.delivers, .observesPublishing, .reportsClosed]

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
}
