public import EventCore
public import EventTransport

extension MemoryBus {
    /// Begins to collect what is published on matching subjects.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    /// - Returns: A subscription, in effect on return.
    /// - Throws: ``/EventCore/EventError/busClosed``; ``/EventCore/EventError/invalidConfiguration(_:)`` for a capacity
    ///   above ``/EventCore/SubscriptionOptions/maximumBufferCapacity``.
    /// - Complexity: O(*n*) on average in the length of the pattern, however many subscriptions there are.
    public func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try open(pattern, options, onEnd: forget).begin()
    }

    /// Subscribes and says when it is over, for transports that have something of their own to undo.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - onTermination: Called once, outside every lock, when the subscription ends, whichever way it does.
    /// - Returns: A subscription, in effect on return.
    /// - Throws: As ``subscribe(to:options:)``.
    public func subscribe(
        to pattern: Pattern,
        options: SubscriptionOptions,
        onTermination: @escaping @Sendable () -> Void
    ) throws(EventError) -> Subscription {
        try open(pattern, options: options, onTermination: onTermination).begin()
    }

    /// Opens a subscription that its caller does not have yet, for transports whose `subscribe` waits for others.
    ///
    /// It collects from now on, and its capacity counts from ``/EventTransport/OpeningSubscription/begin()`` on.
    ///
    /// - Parameters:
    ///   - pattern: Which subjects.
    ///   - options: Buffer, backpressure and predicate.
    ///   - onTermination: Called once, outside every lock, when the subscription ends, whichever way it does.
    /// - Returns: The subscription; it ends when nothing refers to it any more.
    /// - Throws: As ``subscribe(to:options:)``.
    public func open(
        _ pattern: Pattern,
        options: SubscriptionOptions,
        onTermination: @escaping @Sendable () -> Void
    ) throws(EventError) -> OpeningSubscription {
        let forget = forget
        return try open(pattern, options) { mailbox in
            forget(mailbox)
            onTermination()
        }
    }

    private func open(
        _ pattern: Pattern,
        _ options: SubscriptionOptions,
        onEnd: @escaping @Sendable (Mailbox) -> Void
    ) throws(EventError) -> OpeningSubscription {
        let groupName = try options.validatedGroup()
        let info = SubscriptionInfo(
            id: SubscriptionID(),
            pattern: pattern,
            name: options.name,
            group: groupName,
            bufferCapacity: try options.validatedCapacity(),
            backpressure: options.backpressure,
            hasPredicate: options.predicate != nil
        )
        let group = groupName.map { name in table.groups.join(name, pattern) { makeGroup(name, pattern) } }
        let mailbox = Mailbox(
            info,
            group: group,
            capacity: SubscriptionOptions.maximumBufferCapacity,
            predicate: options.predicate,
            observer: isObserved ? observer : nil,
            onEnd: onEnd
        )
        do {
            try begin(mailbox)
        } catch {
            if let group { table.groups.leave(group) }
            throw error
        }
        // Outside the gate, since a predicate may close the bus, which waits for those within.
        group?.offerWaiting(to: mailbox)
        return OpeningSubscription(mailbox, capacity: info.bufferCapacity)
    }

    private func begin(_ mailbox: Mailbox) throws(EventError) {
        // Closing waits for a call that has begun, so nobody is told of a subscription after it.
        let gate = try enter(table.nearestLane)
        defer { gate?.leave() }
        if isObserved { observer.onSubscribe(mailbox.info) }
        do {
            try table.add(mailbox)
        } catch {
            if isObserved { observer.onEnd(mailbox.info, reason: .busClosed) }
            throw error
        }
        mailbox.group?.join(mailbox)
    }

    private func makeGroup(_ name: String, _ pattern: Pattern) -> MailboxGroup {
        guard isObserved else { return MailboxGroup(name: name, pattern: pattern) }
        // A group does not keep its bus alive.
        return MailboxGroup(name: name, pattern: pattern, observer: observer) { [table] body in
            let gate = table.nearestLane.gate
            guard gate.enter() else { return }
            body()
            gate.leave()
        }
    }
}
