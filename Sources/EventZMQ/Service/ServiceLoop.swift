import EventCore
import EventMemory

/// What a bus does on its own thread: receives, keeps its peers informed, and watches over its connections.
///
/// It owns all sockets but those that publish, and shares those through the outbox. Nothing here waits but the poll.
final class ServiceLoop {
    typealias Instant = ContinuousClock.Instant
    typealias Waiter = EventCore.Waiter<Command.Outcome>

    let busID: String
    let configuration: ZMQBusConfiguration
    let sockets: SocketFactory
    let local: MemoryBus
    let outbox: Outbox
    let commands: CommandQueue
    let reporter: BusReporter

    var watches: [LinkWatch]
    var subscribers: [SubscribingSocket]
    var files: [UnixSocketFile]
    var nextMonitorNumber: Int

    var prefixes: PrefixTable
    var confirmation: ConfirmationStateMachine<Waiter>
    var peers = PeerTable()
    var subscriberWaits = SubscriberWaits<Waiter>()
    var gaps = GapDetector()
    var decoder = EnvelopeDecoder()
    let frames = ReceivedFrames()
    var arrived: [Envelope] = []

    private var poller = ZMQPoller()
    private var isPollerStale = true
    private var publisherCount = 0
    private var isStopping = false
    /// When the publishing sockets are to be looked after because of a send.
    private var checkAt: Instant?
    private var lastCheck: Instant

    /// Signals that a send swallowed are looked for this much later, so that a stream of sends costs one look each
    /// time.
    private static let checkInterval = Duration.milliseconds(1)

    init(_ parts: ServiceParts, now: Instant) {
        busID = parts.busID
        configuration = parts.configuration
        sockets = parts.factory
        local = parts.local
        outbox = parts.outbox
        commands = parts.commands
        reporter = parts.reporter
        watches = parts.watches
        subscribers = parts.subscribers
        files = parts.files
        nextMonitorNumber = parts.watches.count
        prefixes = PrefixTable(limit: parts.configuration.maximumWirePrefixes)
        confirmation = ConfirmationStateMachine(timeout: parts.configuration.confirmationTimeout.bounded, now: now)
        lastCheck = now
        checkAt = now
        for watch in watches where watch.role == .subscribes { confirmation.add(watch.id, connects: watch.connects) }
    }

    /// Runs until the bus is closed.
    func run() {
        var hasMore = false
        while !isStopping {
            rebuildPoller()
            poller.wait(milliseconds: hasMore ? 0 : timeout)
            if poller.isReadable(0) { commands.wakeUp.clear() }
            for command in commands.take() { perform(command) }
            drainMonitors { poller.isReadable(1 + publisherCount + $0) }
            let now = Instant.now
            checkPublishing(now)
            hasMore = receiveBatch(now) { hasMore || poller.isReadable(1 + publisherCount + watches.count + $0) }
            tick(now)
        }
        shutDown()
    }

    // MARK: Polling

    private func rebuildPoller() {
        guard isPollerStale else { return }
        isPollerStale = false
        poller.removeAll()
        poller.add(descriptor: commands.wakeUp.descriptor)
        let descriptors = outbox.descriptors
        publisherCount = descriptors.count
        for descriptor in descriptors { poller.add(descriptor: descriptor) }
        for watch in watches { poller.add(watch.monitor.socket) }
        for subscriber in subscribers { poller.add(subscriber.socket) }
    }

    /// The sockets that are polled have changed.
    func socketsChanged() {
        isPollerStale = true
        checkAt = .now
    }

    private var timeout: Int {
        let deadlines =
            [checkAt, confirmation.deadline, subscriberWaits.deadline] + watches.map { $0.supervisor?.deadline }
        guard let deadline = deadlines.compactMap(\.self).min() else { return -1 }
        return max(0, (deadline - .now).milliseconds)
    }

    /// Looks after the publishing sockets when one has signalled, and some time after sends, which may swallow signals.
    private func checkPublishing(_ now: Instant) {
        let hasSignal = (0..<publisherCount).contains { poller.isReadable(1 + $0) }
        if checkAt == nil, outbox.isUnchecked { checkAt = max(now, lastCheck + Self.checkInterval) }
        guard hasSignal || checkAt.map({ $0 <= now }) == true else { return }
        lastCheck = now
        checkAt = nil
        outbox.beginCheck()
        for watch in watches where watch.role == .publishes {
            if takeNotices(at: watch.id) { checkAt = now }
        }
    }

    // MARK: Commands

    private func perform(_ command: Command) {
        let now = Instant.now
        switch command {
        case .request(let prefix, let id, let waiter):
            apply(prefixes.request(prefix))
            perform(confirmation.wait(waiter, id: id, now: now))
        case .release(let prefix):
            apply(prefixes.release(prefix))
        case .awaitSubscribers(let subject, let count, let timeout, let id, let waiter):
            guard peers.count(of: subject, upTo: max(count, 0), except: busID) < count else {
                return waiter.resume(returning: .done)
            }
            subscriberWaits.add(waiter, id: id, subject: subject, count: count, deadline: now + timeout.bounded)
        case .cancel(let id):
            let waiter = confirmation.forget(id) ?? subscriberWaits.forget(id)
            waiter?.resume(returning: .cancelled)
        case .stop:
            isStopping = true
        }
    }

    /// Tells the publishers which prefixes are wanted, the new ones first.
    private func apply(_ change: PrefixTable.Change) {
        guard !change.isEmpty else { return }
        for prefix in change.subscribe { subscribeEverywhere(topics(for: prefix)) }
        // A publisher takes note in the order of what it is told, so the new ones are there before the old ones go.
        for prefix in change.unsubscribe + prefixes.confirmed(prefixes.turn) {
            unsubscribeEverywhere(topics(for: prefix))
            gaps.released(prefix)
        }
        if !change.subscribe.isEmpty { confirmation.changed() }
    }

    func perform(_ actions: [ConfirmationStateMachine<Waiter>.Action]) {
        for action in actions {
            switch action {
            case .begin(let round): subscribeEverywhere([confirmationTopic(round)])
            case .end(let round): unsubscribeEverywhere([confirmationTopic(round)])
            case .resume(let waiter, let unconfirmed):
                if unconfirmed > 0 { reporter.unconfirmed(publishers: unconfirmed) }
                waiter.resume(returning: .done)
            }
        }
    }

    func resumeSubscriberWaits() {
        let fulfilled = subscriberWaits.takeFulfilled(coveredBy: peers.takeChanged()) {
            peers.count(of: $0, upTo: $1, except: busID)
        }
        for waiter in fulfilled { waiter.resume(returning: .done) }
    }

    private func tick(_ now: Instant) {
        perform(confirmation.tick(now))
        for waiter in subscriberWaits.takeLate(now) { waiter.resume(returning: .timedOut) }
        for watch in watches where watch.supervisor?.tick(now, jitter: .random(in: 0...1)) == .restart {
            restart(watch)
        }
    }

    // MARK: The end

    /// Ends what waits, and closes all sockets; nothing comes after it.
    func shutDown() {
        let late = commands.close().compactMap(\.waiter)
        for waiter in late + confirmation.forgetAll() + subscriberWaits.takeAll() { waiter.resume(returning: .closed) }
        reporter.events.finish()
        // A monitor is stopped before its reader goes, or libzmq's thread would wait for the reader.
        for subscriber in subscribers { try? subscriber.socket.monitor(on: nil) }
        outbox.remove()
        watches = []
        subscribers = []
        for file in files { file.remove() }
    }
}
