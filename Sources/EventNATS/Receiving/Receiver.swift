import EventCore
import EventMemory
import EventTransport
import LinkRuntime
import Synchronization

/// Reads what comes from the server, keeps books of it, and hands it to local subscriptions.
///
/// All of it runs on a thread of libnats that the connections of a process share, one message after the other.
final class Receiver: Sendable {
    /// Gets the messages for one pattern.
    final class Inlet: MessageReceiver {
        let pattern: Pattern
        fileprivate let number: UInt64
        private let receiver: Receiver

        fileprivate init(_ pattern: Pattern, number: UInt64, receiver: Receiver) {
            (self.pattern, self.number, self.receiver) = (pattern, number, receiver)
        }

        func received(_ message: borrowing NATSMessage) { receiver.received(message, by: self) }
        func ended() { receiver.deliverArrived() }
    }

    struct State {
        var decoder = EnvelopeDecoder()
        var compactDecoder = CompactDecoder()
        var books = ReceivedBooks()
        /// The members that this process has in groups.
        var members: [Interest: Members] = [:]
        /// The patterns that the server has for this bus, by number, the oldest first.
        var inlets = PatternIndex<UInt64>()
        var wanted: Set<Pattern> = []
        var lastNumber: UInt64 = 0
    }

    /// What becomes of a message.
    enum Reading: Sendable {
        case envelope(Envelope, ReceivedBooks.Report?)
        /// It is for the members of a group, and nothing else here has brought it.
        case share(Envelope, MailboxGroup, isCounted: Bool)
        /// Another pattern has brought it.
        case copy
        /// It is no message for this bus.
        case foreign
        case own
        case malformed(String)
        /// What the envelopes of one message are, in order.
        indirect case several([Reading])
    }

    let bus: String
    private let namespace: Namespace
    private let deliveries: DeliveryQueue
    let reporter: BusReporter
    let state = Lock(State())
    /// What has arrived and is delivered together; held while it is, so that it is delivered in order.
    private let arrived = Lock<[Envelope]>([])
    /// The server's address, as reports have it.
    private let place = Lock("")

    init(bus: String, namespace: Namespace, deliveries: DeliveryQueue, reporter: BusReporter) {
        (self.bus, self.namespace, self.deliveries, self.reporter) = (bus, namespace, deliveries, reporter)
    }

    var endpoint: String {
        get { place.withLock { $0 } }
        set { place.withLock { $0 = newValue } }
    }

    // MARK: Patterns

    /// What is to get the messages for a pattern, in effect at once.
    func inlet(for pattern: Pattern) -> Inlet {
        state.withLock { state in
            state.lastNumber += 1
            state.inlets.insert(state.lastNumber, for: pattern)
            return Inlet(pattern, number: state.lastNumber, receiver: self)
        }
    }

    /// A pattern is about to be given up at the server.
    func close(_ inlet: Inlet) {
        _ = state.withLock { $0.inlets.remove(inlet.number, for: inlet.pattern) }
    }

    /// What the bus wants changes; entered before others are told.
    func changed(_ change: InterestChange) {
        state.withLock { state in
            state.books.changed(change)
            if change.isWanted { state.wanted.insert(change.pattern) } else { state.wanted.remove(change.pattern) }
        }
    }

    // MARK: Messages

    private func received(_ message: borrowing NATSMessage, by inlet: Inlet) {
        carryOut(read(message) { read(message, on: $0, by: inlet) })
        if message.isLast { deliverArrived() }
    }

    func carryOut(_ reading: Reading) {
        switch reading {
        case .envelope(let envelope, let report):
            reporter.counters.received.add(1, ordering: .relaxed)
            if let report { tell(report) }
            let isFull = arrived.withLock { arrived in
                arrived.append(envelope)
                return arrived.count >= Self.deliveredAtOnce
            }
            if isFull { deliverArrived() }
        case .share(let envelope, let members, let isCounted):
            if isCounted { reporter.counters.received.add(1, ordering: .relaxed) }
            arrived.withLock { _ in deliveries.deliver([envelope], to: .group(members)) }
        case .several(let readings): for reading in readings { carryOut(reading) }
        case .copy, .foreign: break
        case .own: reporter.counters.echoes.add(1, ordering: .relaxed)
        case .malformed(let reason): reporter.happened(.malformed(endpoint: endpoint, reason: reason))
        }
    }

    /// So many envelopes are delivered at once, at most.
    private static let deliveredAtOnce = 256

    /// Delivers what has arrived; whoever waits for it is woken once.
    private func deliverArrived() {
        // Nobody is called meanwhile, so that the lock is held for no longer than that takes.
        arrived.withLock { arrived in
            guard !arrived.isEmpty else { return }
            deliveries.deliver(arrived, to: .individuals())
            arrived.removeAll(keepingCapacity: true)
        }
    }

    /// Runs `body` on the subject of a message, if that is one of the bus.
    func read(_ message: borrowing NATSMessage, _ body: (Span<UInt8>) -> Reading) -> Reading {
        message.withSubject { wire in
            guard let range = namespace.range(in: wire) else { return .foreign }
            let wire = wire.extracting(range)
            return SubjectEscape.isPlain(wire) ? body(wire) : body(SubjectEscape.text(of: wire).span)
        }
    }

    private func read(_ message: borrowing NATSMessage, on subject: Span<UInt8>, by inlet: Inlet) -> Reading {
        message.withHeader("EB") { header in
            state.withLock { state in
                do throws(EventError) {
                    if let header {
                        let wire = try state.decoder.decode(subject: subject, header: header) { message.data }
                        return enter(wire, &state, by: inlet)
                    }
                    let readings = state.readCompact(message, on: subject) {
                        enter($0, isContinued: $1, &$2, by: inlet)
                    }
                    if let readings { return readings.count == 1 ? readings[0] : .several(readings) }
                    return try state.readForeign(message, on: subject, by: inlet.number)
                } catch {
                    return .malformed(error.description)
                }
            }
        }
    }

    /// Enters in the books what a bus has sent; `isContinued` says whether that came in one message with the one before.
    private func enter(
        _ wire: WireEnvelope,
        isContinued: Bool = false,
        _ state: inout State,
        by inlet: Inlet
    ) -> Reading {
        guard let origin = wire.origin, let number = wire.number else {
            return state.isFirst(inlet.number, for: wire.envelope.subject) ? .envelope(wire.envelope, nil) : .copy
        }
        guard origin != bus else { return .own }
        let (isFirst, report) = state.books.arrived(
            number,
            on: wire.envelope.subject,
            from: origin,
            isContinued: isContinued,
            isCurrent: state.wanted.contains(inlet.pattern)
        )
        return isFirst ? .envelope(wire.envelope, report) : .copy
    }

    // MARK: Books

    /// A publisher says how much there was.
    func read(_ lines: LedgerLines, now: ContinuousClock.Instant) {
        for report in state.withLock({ $0.books.read(lines, now: now) }) { tell(report) }
    }

    func heard(_ origin: String, now: ContinuousClock.Instant) { state.withLock { $0.books.heard(origin, now: now) } }

    func left(_ origin: String) {
        if let report = state.withLock({ $0.books.left(origin) }) { tell(report) }
    }

    func isAway(_ origin: String, now: ContinuousClock.Instant) {
        state.withLock { $0.books.isAway(origin, now: now) }
    }

    /// Gives up who has been away for too long.
    ///
    /// - Returns: Who has been silent for a while, to be asked whether it is there.
    func tick(_ now: ContinuousClock.Instant) -> [String] {
        let (gone, silent) = state.withLock { ($0.books.takeGone(now), $0.books.takeSilent(now)) }
        for report in gone { tell(report) }
        return silent
    }

    private func tell(_ report: ReceivedBooks.Report) {
        let prefix = state.withLock { $0.books.own.commonPrefix }
        let loss = LinkLoss(count: report.lost, prefix: prefix, origin: report.origin, endpoint: endpoint)
        reporter.lost(loss, byPrefix: report.lost.map { [prefix: $0] } ?? [:])
    }
}

extension Receiver.State {
    /// Reads what a program has sent that is no bus.
    fileprivate func readForeign(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>,
        by inlet: UInt64
    ) throws(EventError) -> Receiver.Reading {
        let envelope = try Self.foreignEnvelope(message, on: subject)
        return isFirst(inlet, for: envelope.subject) ? .envelope(envelope, nil) : .copy
    }

    /// Reads the envelopes of a message whose body is the compact form, and makes something of each.
    ///
    /// - Returns: `nil` when it is not: its body does not begin with the subject as that form has it.
    mutating func readCompact(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>,
        _ body: (WireEnvelope, _ isContinued: Bool, inout Self) -> Receiver.Reading
    ) -> [Receiver.Reading]? {
        message.withBody { bytes in
            guard CompactForm.begins(bytes, with: subject) else { return nil }
            var received: [CompactDecoder.Received] = []
            var fault: EventError?
            do throws(EventError) {
                try compactDecoder.decode(bytes, from: { nil }) { received.append($0) }
            } catch {
                fault = error
            }
            var readings: [Receiver.Reading] = []
            for envelope in received {
                // A message is a copy as a whole, and of one bus.
                if case .copy? = readings.first { break }
                guard envelope.origin == received[0].origin else {
                    fault = .malformedEnvelope("a message of several publishers")
                    break
                }
                readings.append(body(WireEnvelope(envelope), !readings.isEmpty, &self))
            }
            return readings + (fault.map { [.malformed($0.description)] } ?? [])
        }
    }

    static func foreignEnvelope(
        _ message: borrowing NATSMessage,
        on subject: Span<UInt8>
    ) throws(EventError) -> Envelope {
        let text = unsafe subject.withUnsafeBufferPointer { unsafe String(validating: $0, as: UTF8.self) }
        guard let text else { throw .invalidSubject("invalid UTF-8") }
        let subject = try Subject(validating: text)
        var envelope = Envelope(Envelope.Fields(subject: subject))
        envelope.headers = message.headers
        let data = message.data
        if !data.isEmpty { envelope.payload = data }
        return envelope
    }

    /// Whether a pattern of the bus brings what comes on a subject, beside the groups it is in.
    func isBroughtByPattern(_ subject: Subject) -> Bool {
        var isBrought = false
        inlets.forEachMatch(of: subject) { _ in isBrought = true }
        return isBrought
    }

    /// Whether a pattern is the oldest of those that bring the same message, which has no number to tell it by.
    fileprivate func isFirst(_ number: UInt64, for subject: Subject) -> Bool {
        var first = UInt64.max
        inlets.forEachMatch(of: subject) { first = min(first, $0) }
        return first == number
    }
}
