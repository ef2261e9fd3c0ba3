import EventCore
import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Takes what a durable consumer sends to this process; others may be sent their share.
final class ConsumerReader: LogReader, MessageReceiver {
    /// Those that listen at one place share what comes there.
    private static let group = Array("eb".utf8) + [0]

    private let session: LogSession
    private let name: String
    private let place: [UInt8]
    private let number: UInt64
    private let queue = ItemQueue<NATSLogDelivery>()
    private let wire: Lock<LogWire>
    /// When to look whether the consumer is there, and whether somebody does.
    private let nextLook = Lock((time: ContinuousClock.now + ConsumerReader.interval, isUnderWay: false))
    private static let interval = Duration.seconds(10)

    init(_ session: LogSession, name: String) {
        (self.session, self.name) = (session, name)
        place = session.namespace.deliveries(of: name, in: session.stream)
        number = session.nextNumber()
        wire = Lock(LogWire(stream: session.stream, namespace: session.namespace))
    }

    // MARK: The consumer

    /// Makes the consumer when it is missing, checks it otherwise, and begins to listen.
    func open(_ pattern: Pattern, _ options: NATSLogConsumerOptions) async throws {
        var wanted = StreamAPI.ConsumerConfig(deliverPolicy: "all", acknowledgement: "explicit")
        (wanted.name, wanted.durable) = (name, name)
        wanted.deliverSubject = String(decoding: place.dropLast(), as: UTF8.self)
        wanted.deliverGroup = String(decoding: Self.group.dropLast(), as: UTF8.self)
        wanted.begin(at: options.start)
        wanted.filter = session.namespace.filter(for: pattern)
        wanted.acknowledgementWait = options.acknowledgementWait.wholeNanoseconds
        wanted.maximumDeliveries = options.maximumDeliveries ?? -1
        wanted.maximumUnacknowledged = options.maximumUnacknowledged
        let existing: StreamAPI.ConsumerInfo
        do {
            existing = try await session.consumerInfo(name)
        } catch EventError.transport(let failure) where failure.code == Int32(StreamAPI.Fault.consumerNotFound) {
            existing = try await session.createConsumer(wanted, named: name)
        }
        if let difference = wanted.difference(from: existing.config) {
            throw EventError.invalidConfiguration(
                "the consumer \(name) of the log \(session.stream) is there and differs: \(difference)"
            )
        }
        guard session.add(self, number) else { throw EventError.busClosed }
        session.order(.subscribe(wire: place, group: Self.group, receiver: self))
    }

    func next() async throws(EventError) -> NATSLogDelivery? { try await queue.next() }

    /// Subscriptions are there again, and what got lost is sent again when its time is up.
    func reconnected() {}

    /// Nobody says when a consumer is deleted, so it is asked for now and then.
    func tick(now: ContinuousClock.Instant) {
        let isDue = nextLook.withLock { look in
            guard now >= look.time, !look.isUnderWay else { return false }
            look.isUnderWay = true
            return true
        }
        guard isDue else { return }
        Task.detached {
            do {
                _ = try await self.session.consumerInfo(self.name)
            } catch EventError.transport(let failure) where StreamAPI.Fault.isGone(failure.code) {
                self.end(.transport(failure))
            } catch {
                self.session.logger?.notice("\(error)")
            }
            self.nextLook.withLock { $0 = (.now + Self.interval, false) }
        }
    }

    func close() { end(nil) }

    private func end(_ error: EventError?) {
        session.removeReader(number)
        session.order(.unsubscribe(wire: place))
        queue.end(error)
        for delivery in queue.takeAll() { giveBack(delivery.reply) }
    }

    /// Has the server send it to somebody else at once.
    private func giveBack(_ reply: [UInt8]) { session.order(.send(wire: reply, body: Data("-NAK".utf8))) }

    // MARK: Messages

    func received(_ message: borrowing NATSMessage) {
        guard let reply = message.reply, let mark = DeliveryMark(reply: reply) else { return }
        let entry = wire.withLock { wire -> Result<NATSLogEntry?, EventError> in
            do throws(EventError) {
                return .success(try wire.read(message, mark))
            } catch {
                return .failure(error)
            }
        }
        switch entry {
        case .success(let entry?):
            let delivery = NATSLogDelivery(
                entry: entry,
                deliveries: mark.deliveries,
                reply: reply,
                session: session
            )
            if !queue.offer(delivery) { giveBack(reply) }
        case .success(nil): leaveOut(reply)
        case .failure(let error):
            session.logger?.warning("number \(mark.streamSequence) of the log is left out: \(error)")
            leaveOut(reply)
        }
    }

    /// Nobody here could ever read it.
    private func leaveOut(_ reply: [UInt8]) { session.order(.send(wire: reply, body: Data("+TERM".utf8))) }
}
