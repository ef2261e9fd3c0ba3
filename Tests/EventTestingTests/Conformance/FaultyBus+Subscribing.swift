import EventCore
import EventTransport

extension FaultyBus {
    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        if fault == .refusesMaximum, options.bufferCapacity == SubscriptionOptions.maximumBufferCapacity {
            throw EventError.invalidConfiguration("too much")
        }
        if fault == .tellsOfRefused, (try? options.validatedCapacity()) == nil {
            observer.onSubscribe(SubscriptionInfo(id: makeID(), pattern: pattern))
        }
        if fault == .subscribesBehindPublishers, state.withLock(\.waiting) > 0 { await hang() }
        let capacity = fault == .acceptsAnyCapacity ? 1 : try options.validatedCapacity()
        let groupName = fault == .groupsTakeAnyName ? options.group : try options.validatedGroup()
        let isInside = beginCall()
        defer { if isInside { endCall() } }
        if fault == .tellsOfLateComers, !isInside {
            observer.onSubscribe(SubscriptionInfo(id: makeID(), pattern: pattern))
        }
        guard isInside || fault == .subscribesWhenClosed else { throw EventError.busClosed }
        let info = SubscriptionInfo(
            id: makeID(),
            pattern: fault == .widensPatterns ? ">" : pattern,
            name: fault == .losesNames ? nil : options.name,
            group: fault == .groupsHideNames ? nil : groupName,
            bufferCapacity: capacity,
            backpressure: policy(for: options),
            hasPredicate: options.predicate != nil
        )
        let isSilent = fault == .evictsSilently && options.backpressure == .dropOldest
        let group = fault == .groupsDeliverToAll ? nil : groupName.map { makeGroup($0, pattern) }
        let mailbox = Mailbox(
            info,
            group: group?.shared(with: fault),
            capacity: fault == .countsCapacityEarly ? capacity : SubscriptionOptions.maximumBufferCapacity,
            // A group asks for itself.
            predicate: group == nil || fault == .groupsIgnorePredicates ? nil : options.predicate,
            observer: isSilent ? SilentObserver(observer: observer) : observer
        ) { [weak self] mailbox in
            self?.remove(mailbox)
        }
        observer.onSubscribe(info)
        let opening = OpeningSubscription(mailbox, capacity: self.capacity(capacity, for: options))
        join(mailbox)
        await add(Listener(mailbox: mailbox, pattern: pattern, group: group, predicate: options.predicate))
        if isInside, state.withLock(\.isClosed), fault != .forgetsWhatBegins {
            mailbox.close(.busClosed)
            tellEnd(of: mailbox)
            throw EventError.busClosed
        }
        for _ in 0..<4 { await Task.yield() }  // A bus that is linked with others would wait for them.
        let subscription = opening.begin()
        if fault == .countsCapacityLate {
            mailbox.begin(capacity: SubscriptionOptions.maximumBufferCapacity)
            state.withLock { $0.unbounded.append((mailbox, capacity)) }
        }
        if fault == .retainsSubscriptions { state.withLock { $0.retained.append(subscription) } }
        return subscription
    }

    private func makeGroup(_ name: String, _ pattern: Pattern) -> FaultyGroup {
        let key =
            switch fault {
            case .groupsAreOne: pattern.rawValue
            case .groupsSpanPatterns: name
            default: name.utf8.map(String.init).joined(separator: ",") + " " + pattern.rawValue
            }
        return state.withLock { state in
            if let group = state.groups[key] { return group }
            let group = FaultyGroup(name: name, observer: observer) { [weak self] body in
                guard let self, self.beginCall() else { return }
                if self.fault == .groupsHandOverPastClose {
                    self.endCall()
                    return body()
                }
                body()
                self.endCall()
            }
            state.groups[key] = group
            return group
        }
    }

    private func join(_ mailbox: Mailbox) {
        let joinsLater = state.withLock { state in
            guard fault == .groupsForgetJoiners, state.waiting > 0 else { return false }
            state.joiners.append(mailbox)
            return true
        }
        if !joinsLater { mailbox.group?.join(mailbox) }
    }

    func letJoinersIn() {
        let joiners = state.withLock { state in
            defer { state.joiners = [] }
            return state.joiners
        }
        for mailbox in joiners { mailbox.group?.join(mailbox) }
    }

    private func makeID() -> SubscriptionID {
        state.withLock { state in
            state.idCount += 1
            switch fault {
            case .repeatsIDs: state.lastID = SubscriptionID(rawValue: "s\(state.idCount % 10)")
            case .numbersIDsByBus: state.lastID = SubscriptionID(rawValue: "s\(state.idCount)")
            default: state.lastID = SubscriptionID()
            }
            return state.lastID
        }
    }

    private func add(_ listener: Listener) async {
        let before = state.withLock(\.listeners)
        if fault == .losesConcurrentSubscribes || fault == .forgetsWhatBegins {
            for _ in 0..<20 { await Task.yield() }
        }
        state.withLock { state in
            switch fault {
            case .subscribesLate: state.late.append(listener)
            case .losesConcurrentSubscribes: state.listeners = before + [listener]
            default: state.listeners.append(listener)
            }
        }
    }

    private func capacity(_ capacity: Int, for options: SubscriptionOptions) -> Int {
        switch fault {
        case .ignoresCapacity: SubscriptionOptions.defaultBufferCapacity
        case .replacesZeroByOne where options.bufferCapacity <= 0: 1
        default: capacity
        }
    }

    private func policy(for options: SubscriptionOptions) -> BackpressurePolicy {
        switch (fault, options.backpressure) {
        case (.dropsOldestAlways, .dropNewest): .dropOldest
        case (.dropNewestWaits, .dropNewest): .block
        case (.dropsNewestAlways, .dropOldest): .dropNewest
        default: options.backpressure
        }
    }

    private func remove(_ mailbox: Mailbox) {
        if fault == .callsBackUnderLock || fault == .callsBackUnderLockLater || fault == .beginsUnderLock {
            observer.lock.withLock { _ in }
        }
        // When the bus is closing, that tells what it finds, which this is as long as it has not been removed.
        if beginCall() {
            tellEnd(of: mailbox)
            endCall()
        }
        let removed = state.withLock { state in
            if fault == .asksUnderLock, state.isAsking { state.isDeadlocked = true }
            state.ended.insert(mailbox.id)
            guard fault != .forgetsUnsubscribing else { return [Listener]() }
            let removed = state.listeners.filter { $0.mailbox == mailbox }
            state.listeners.removeAll { $0.mailbox == mailbox }
            if fault == .retainsPredicates { state.retainedPredicates += removed.map(\.predicate) }
            return removed
        }
        withExtendedLifetime(removed) {}
        for waker in state.withLock(\.wakers) { waker.yield() }
        guard fault == .groupsDieOut, let group = removed.first?.group else { return }
        if state.withLock({ state in !state.listeners.contains { $0.group === group } }) { group.die() }
    }

    func tellEnd(of mailbox: Mailbox) {
        guard let end = mailbox.claimEnd() else { return }
        guard fault == .callsBackUnderLock else { return observer.onEnd(mailbox.info, reason: end) }
        observer.lock.withLock { _ in observer.onEnd(mailbox.info, reason: end) }
    }
}
