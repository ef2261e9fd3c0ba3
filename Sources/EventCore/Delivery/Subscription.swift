/// What a bus collects for one reader: an asynchronous sequence of envelopes.
///
/// ```swift
/// for await envelope in try await bus.subscribe(to: "orders.>") {
///     print(envelope.subject)
/// }
/// ```
///
/// The sequence ends when the subscription or its bus is closed, after what is buffered by then, and at once when the
/// task that iterates it is cancelled. Several tasks may iterate one subscription: each envelope goes to exactly one of
/// them, and tasks that wait are served in order.
public struct Subscription: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = Envelope
    /// The sequence does not fail.
    public typealias Failure = Never

    /// What names the subscription; unique in the process.
    public let id: SubscriptionID
    /// Which subjects it listens to.
    public let pattern: Pattern
    /// What people call it: ``SubscriptionOptions/name``.
    public var name: String? { handle.mailbox.info.name }
    /// Who had confirmed the subscription elsewhere when `subscribe` returned; `nil` on a bus within one process.
    public let confirmation: SubscriptionConfirmation?
    private let handle: Handle

    /// Ends the subscription when nothing refers to it any more.
    private final class Handle: Sendable {
        let mailbox: Mailbox
        private let meter: (any SubscriptionMeter)?
        /// The handle that is metered, whose end would end the subscription.
        private let metered: Handle?

        init(_ mailbox: Mailbox) {
            self.mailbox = mailbox
            (meter, metered) = (nil, nil)
        }

        init(metering handle: Handle, by meter: any SubscriptionMeter) {
            mailbox = handle.mailbox
            (self.meter, metered) = (meter, handle)
        }

        deinit {
            mailbox.cancel(.released)
            meter?.onEnd()
        }

        /// Whether anyone wants to know what readers take.
        var isMetered: Bool { meter != nil }

        func reportTake() {
            meter?.onTake()
            metered?.reportTake()
        }

        func reportEnd() {
            meter?.onEnd()
            metered?.reportEnd()
        }
    }

    package init(_ mailbox: Mailbox) {
        self.init(Handle(mailbox), confirmation: nil)
    }

    private init(_ handle: Handle, confirmation: SubscriptionConfirmation?) {
        id = handle.mailbox.id
        pattern = handle.mailbox.pattern
        self.confirmation = confirmation
        self.handle = handle
    }

    /// The same subscription, with who has confirmed it, for a transport to return from `subscribe`.
    ///
    /// - Parameter confirmation: Who had confirmed it by then.
    /// - Returns: The subscription; it and the one it was made from end together, when nothing refers to either.
    public func confirmed(_ confirmation: SubscriptionConfirmation) -> Subscription {
        Subscription(handle, confirmation: confirmation)
    }

    /// The same subscription, whose readers a meter follows.
    package func metered(by meter: any SubscriptionMeter) -> Subscription {
        Subscription(Handle(metering: handle, by: meter), confirmation: confirmation)
    }

    /// Makes a subscription that nothing arrives on and that has ended, for a bus that delivers nothing.
    ///
    /// - Parameters:
    ///   - id: What names it.
    ///   - pattern: The pattern it carries.
    ///   - name: What people call it.
    /// - Returns: The subscription.
    public static func ended(
        id: SubscriptionID = SubscriptionID(),
        pattern: Pattern,
        name: String? = nil
    ) -> Subscription {
        let mailbox = Mailbox(SubscriptionInfo(id: id, pattern: pattern, name: name))
        mailbox.close(.closed)
        return Subscription(mailbox)
    }

    /// Whether nothing more will come: the subscription has ended, and what it had buffered was taken.
    ///
    /// Tells the two reasons apart for which ``next(within:)`` returns `nil`. Once `true` it stays so.
    ///
    /// - Complexity: O(1).
    public var hasEnded: Bool { handle.mailbox.hasEnded }

    /// What has become of the envelopes that were meant for this subscription.
    public var counts: SubscriptionCounts { handle.mailbox.counts }

    /// Ends the subscription: nothing more is collected; what is buffered can still be read.
    ///
    /// Publishers that wait for room in it go on. Closing twice is fine.
    public func close() {
        handle.mailbox.close(.closed)
    }

    /// The next envelope, if one comes in time.
    ///
    /// Running out of time does not end the subscription; cancelling the task does.
    ///
    /// - Parameter timeout: How long to wait; zero or less takes only what is buffered.
    /// - Returns: The envelope, or `nil` when the time is up or the subscription has ended, which ``hasEnded`` tells apart.
    public func next(within timeout: Duration) async -> Envelope? {
        let envelope = await handle.mailbox.next(within: timeout)
        if envelope != nil || handle.isMetered && hasEnded { report(envelope) }
        return envelope
    }

    /// Tells the meter, where there is one, that a reader took an envelope, or that nothing more will come.
    @inline(__always)
    private func report(_ envelope: Envelope?) {
        guard handle.isMetered else { return }
        if envelope != nil { handle.reportTake() } else { handle.reportEnd() }
    }

    /// Makes an iterator; all iterators of a subscription take from the same buffer.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(subscription: self)
    }

    /// Takes envelopes from a subscription, which lives as long as its iterators.
    public struct Iterator: AsyncIteratorProtocol, Sendable {
        fileprivate let subscription: Subscription

        /// Waits for the next envelope.
        ///
        /// - Returns: The envelope, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next() async -> Envelope? {
            await next(isolation: #isolation)
        }

        /// Waits for the next envelope without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The envelope, or `nil` when the subscription has ended or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> Envelope? {
            // Taking what is there here, not in another asynchronous call, halves its cost.
            if let answer = subscription.handle.mailbox.takeNow() {
                subscription.report(answer)
                return answer
            }
            let envelope = await subscription.handle.mailbox.wait()
            subscription.report(envelope)
            return envelope
        }
    }
}

extension Subscription: CustomStringConvertible {
    /// The name, where there is one, the id and the pattern, in one line: `audit (s7) to orders.>`.
    public var description: String { handle.mailbox.info.description }
}

/// What has become of the envelopes that were meant for a subscription.
public struct SubscriptionCounts: Sendable, Hashable {
    /// How many its readers have taken.
    public var handed = 0
    /// How many wait to be taken.
    public var buffered = 0
    /// How many were dropped because the buffer was full.
    public var dropped = 0

    /// Creates counts of nothing.
    public init() {}
}
