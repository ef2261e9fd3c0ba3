import EventTransport

extension LedgerBook {
    /// Enters what a notice says.
    mutating func enter(
        _ notice: SubscriptionNotice,
        at socket: UInt64,
        of origin: String,
        number: UInt64,
        now: Instant
    ) {
        if case .control(let topic) = notice.topic, !isOwn(notice, topic) { return }
        switch (notice.topic, notice.isSubscription) {
        case (.prefix(let prefix), true): subscribed(prefix, by: notice.bus)
        case (.prefix(let prefix), false): unsubscribed(prefix, by: notice.bus)
        case (.control(.interest(let bus, let incarnation, let prefix)), true):
            announced(
                notice.isOfPlainBus ? prefix.plain : prefix,
                by: bus,
                incarnation: incarnation,
                number: number,
                now: now
            )
        case (.control(.interest(let bus, let incarnation, _)), false):
            let isGivenUp = notice.connection != nil
            withdrawn(by: bus, incarnation: incarnation, isGivenUp: isGivenUp, number: number, now: now)
        case (.control(.inbox(let bus)), true): opened(inboxOf: bus, now: now)
        case (.control(.inbox(let bus)), false): closed(inboxOf: bus, now: now)
        case (.control(.presence(let bus)), true): isComplete(bus, number: number, now: now)
        case (.control(.presence(let bus)), false): left(bus)
        case (.control(.acknowledgement(let bus, origin, socket, let serial)), true):
            acknowledged(by: bus, serial: serial, over: notice.connection ?? -1)
        case (.control, _), (.unknown, _): break
        }
    }

    /// Whether a bus speaks for itself, as the handshake has told; what others say in its name is not entered.
    ///
    /// When a connection has gone, libzmq does not say whose it was; then what others had said ends first.
    private mutating func isOwn(_ notice: SubscriptionNotice, _ topic: ControlTopic) -> Bool {
        guard notice.connection == nil else {
            guard notice.bus != topic.bus else { return true }
            let count = forged[topic] ?? 0
            forged[topic] = notice.isSubscription ? count + 1 : count > 1 ? count - 1 : nil
            return false
        }
        guard let count = forged[topic] else { return true }
        forged[topic] = count > 1 ? count - 1 : nil
        return false
    }
}
