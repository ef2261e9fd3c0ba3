import EventCore
import EventMemory
import Synchronization

extension ServiceLoop {
    /// So many messages are received from a socket before anything else has its turn.
    private static var messagesAtOnce: Int { 1000 }
    private static var deliveredAtOnce: Int { 256 }
    /// A stream is one that brings so many messages at once, or more.
    private static var messagesOfStream: Int { 8 }
    private static var yieldsInStream: Int { 3 }

    /// Receives what has arrived.
    ///
    /// - Returns: Whether there may be more.
    func receiveBatch(_ now: Instant, where isReadable: (Int) -> Bool) -> Bool {
        var hasMore = false
        for (place, subscriber) in subscribers.enumerated() where isReadable(place) {
            var count = 0
            var yields = 0
            while count < Self.messagesAtOnce {
                guard frames.receive(from: subscriber.socket) else {
                    // libzmq reads 8 KB at a time. Letting it go on before what arrived is delivered wakes the readers
                    // of a stream half as often.
                    guard count >= Self.messagesOfStream, yields < Self.yieldsInStream else { break }
                    yields += 1
                    ServiceThread.yield()
                    continue
                }
                receive(over: subscriber.id, now)
                count += 1
                if arrived.count == Self.deliveredAtOnce { deliverArrived() }
            }
            deliverArrived()
            if count == Self.messagesAtOnce { hasMore = true }
        }
        return hasMore
    }

    private func receive(over link: Int, _ now: Instant) {
        if frames.isControl {
            receiveControl(over: link, now)
            return
        }
        do {
            accept(try frames.decode(with: &decoder))
        } catch {
            reporter.malformed(error)
        }
    }

    private func receiveControl(over link: Int, _ now: Instant) {
        guard case .confirmation(let bus, let round)? = ControlTopic(frames.topic) else {
            reporter.malformed(.malformedEnvelope("unknown control topic"))
            return
        }
        // With a subscription to everything the answers to others arrive too.
        guard bus == busID else { return }
        perform(confirmation.answered(round, on: link, over: frames.connection, now: now))
    }

    private func accept(_ received: WireEnvelope) {
        if let origin = received.origin {
            guard origin != busID else {
                reporter.counters.echoes.add(1, ordering: .relaxed)
                return
            }
            if let sequence = received.sequence { note(sequence, received.envelope.subject, origin) }
        }
        arrived.append(received.envelope)
    }

    /// Delivers several envelopes in a row, so that a reader who waits is woken once for them, not for each.
    private func deliverArrived() {
        guard !arrived.isEmpty else { return }
        reporter.counters.received.add(arrived.count, ordering: .relaxed)
        for envelope in arrived { local.deliver(envelope) }
        arrived.removeAll(keepingCapacity: true)
    }

    private func note(_ sequence: UInt64, _ subject: Subject, _ origin: String) {
        let missed = gaps.received(sequence, of: subject, from: origin)
        guard missed > 0 else { return }
        let loss = LinkLoss(count: Int(clamping: missed), prefix: subject.rawValue, origin: origin, endpoint: "")
        reporter.happened(.lost(loss))
    }
}
