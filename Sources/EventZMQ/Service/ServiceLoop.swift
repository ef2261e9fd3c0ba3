import EventCore
import EventMemory
import EventTransport
import LinkRuntime

/// What a bus does on its own thread: receives, keeps its peers informed, and watches over its connections.
///
/// It owns all sockets but those that publish, and shares those through the outbox. Nothing here waits but the poll.
final class ServiceLoop {
    typealias Instant = ContinuousClock.Instant
    typealias Waiter = EventCore.Waiter<Command.Outcome>

    /// Who waits for a confirmation.
    enum Awaiting: Sendable {
        /// A task that has called `subscribe`.
        case task(Waiter, Pattern)
        /// The prefixes that others have taken the place of by then are given up.
        case retirement(turn: Int)
    }

    let busID: String
    let configuration: ZMQBusConfiguration
    let sockets: SocketFactory
    let outbox: Outbox
    let commands: CommandQueue
    let executor: ServiceExecutor
    let reporter: BusReporter
    let directory: PeerDirectory
    let deliveries: DeliveryQueue

    var links: [Link]
    var subscribers: [SubscribingSocket]
    let boundEndpoints: [String]
    var files: [BoundFile]
    var filesCheckedAt: Instant
    var nextMonitorNumber: Int

    var prefixes: PrefixTable
    var announcements = Announcements()
    var departures = Departures() { didSet { haveDeadlinesChanged = true } }
    var confirmation: ConfirmationStateMachine<Awaiting> { didSet { haveDeadlinesChanged = true } }
    var accounts: LedgerAccounts
    var acknowledgements = Acknowledgements() { didSet { haveDeadlinesChanged = true } }
    var peers = PeerTable()
    var subscriberWaits = SubscriberWaits<Waiter>() { didSet { haveDeadlinesChanged = true } }
    var gaps = GapDetector()
    var decoder = EnvelopeDecoder()
    var compactDecoder = CompactDecoder()
    var copies = CopyFilter()
    let frames = ReceivedFrames()
    var senders = PeerReader()
    /// What peers may do, where that is restricted.
    var admission: Admission?
    var listWatches: [ListWatch]
    var arrived: [Envelope] = []
    /// Memory for what the next message holds.
    var spareRun = EnvelopeRun()

    private var poller = Poller()
    private var isPollerStale = true
    private var wakeUpPlace: Poller.Place?
    private var publisherPlaces: [Poller.Place] = []
    /// Counts down, since tasks count their numbers up.
    private var lastRetirement = UInt64.max
    private var isStopping = false
    /// When the publishing sockets are to be looked after because of a send.
    private var checkAt: Instant?
    private var lastCheck: Instant
    /// When buses are to be told what has been published for them.
    private var tellAt: Instant?
    /// When ``tick(_:)`` was due, as it was before the last wait.
    private var tickAt: Instant?
    /// The first deadline of those that change seldom, and whether one of them may have changed since.
    private var seldomDeadline: Instant?
    private var haveDeadlinesChanged = true

    /// Signals that a send swallowed are looked for this much later, so that a stream of sends costs one look each
    /// time.
    private static let checkInterval = Duration.milliseconds(1)
    private static let tellingInterval = Duration.milliseconds(5)
    private static let restWhenBusy: UInt32 = 50

    init(_ parts: ServiceParts, now: Instant) {
        busID = parts.busID
        configuration = parts.configuration
        sockets = parts.factory
        outbox = parts.outbox
        commands = parts.commands
        executor = parts.executor
        reporter = parts.reporter
        directory = parts.directory
        deliveries = parts.deliveries
        links = parts.links
        subscribers = parts.subscribers
        files = parts.files
        filesCheckedAt = now
        boundEndpoints = parts.boundEndpoints
        nextMonitorNumber = parts.links.count
        prefixes = PrefixTable(limit: parts.configuration.maximumWirePrefixes)
        confirmation = ConfirmationStateMachine(timeout: parts.configuration.confirmationTimeout.bounded, now: now)
        accounts = LedgerAccounts(retention: parts.configuration.subscriberRetention.bounded)
        admission = parts.configuration.admission
        listWatches = parts.configuration.domains.compactMap { ListWatch($0, now: now) }
        lastCheck = now
        checkAt = now
        for link in links where link.role == .subscribes { confirmation.add(link.id, connects: link.connects) }
    }

    /// Runs until the bus is closed.
    func run() {
        while !isStopping {
            rebuildPoller()
            tickAt = deadline
            let code = poller.wait(milliseconds: executor.run() ? timeout : 0)
            executor.awake()
            guard code == 0 else {
                reporter.failed(ZMQResult.failure("wait for messages", code))
                break
            }
            if poller.isReadable(wakeUpPlace) {
                // Publishers who are quick fill a batch meanwhile and send it themselves, and need not wake anybody again.
                if outbox.isBusy { ServiceThread.rest(microseconds: Self.restWhenBusy) }
                commands.wakeUp.clear()
            }
            outbox.flush()
            for command in commands.take() { perform(command) }
            let now = Instant.now
            // What has come over a connection comes before the news that it has ended.
            receiveBatch(now, where: poller.isReadable)
            drainMonitors(where: poller.isReadable)
            checkPublishing(now)
            // What has become due since is so before the next wait, which it ends at once.
            if let tickAt, tickAt <= now { tick(now) }
        }
        shutDown()
    }

    // MARK: Polling

    private func rebuildPoller() {
        guard isPollerStale else { return }
        isPollerStale = false
        poller.removeAll()
        wakeUpPlace = poller.add(commands.wakeUp.descriptor)
        publisherPlaces = outbox.descriptors.map { poller.add($0) }
        for subscriber in subscribers { subscriber.place = poller.add(subscriber.descriptor) }
        for link in links {
            link.monitorPlace = poller.add(link.monitor.descriptor)
            // Its descriptor tells of what comes after this.
            drainMonitor(of: link)
        }
    }

    /// The sockets that are polled have changed.
    func socketsChanged() {
        isPollerStale = true
        lookAfterPublishing()
    }

    /// Looks after the publishing sockets in the next turn, whether they signal or not.
    func lookAfterPublishing() {
        checkAt = .now
    }

    private var timeout: Int {
        guard subscribers.allSatisfy(\.isDrained) else { return 0 }
        var first = tickAt
        if let checkAt { first = min(first ?? checkAt, checkAt) }
        if let tellAt { first = min(first ?? tellAt, tellAt) }
        guard let first else { return -1 }
        return max(0, (first - .now).milliseconds)
    }

    /// When ``tick(_:)`` has something to do; asked before each wait, so nothing is allocated for it.
    private var deadline: Instant? {
        if haveDeadlinesChanged {
            haveDeadlinesChanged = false
            let deadlines = [
                confirmation.deadline, subscriberWaits.deadline, departures.deadline, acknowledgements.deadline,
            ]
            seldomDeadline = deadlines.compactMap(\.self).min()
        }
        var first = seldomDeadline
        func consider(_ deadline: Instant?) {
            guard let deadline else { return }
            first = min(first ?? deadline, deadline)
        }
        consider(accounts.deadline)
        consider(fileDeadline)
        for list in listWatches { consider(list.deadline) }
        for link in links where !link.isRevoked {
            consider(link.supervisor?.deadline)
            consider(link.resolution?.deadline)
        }
        return first
    }

    /// Looks after the publishing sockets when one has signalled, and some time after sends, which may swallow signals.
    private func checkPublishing(_ now: Instant) {
        let hasSignal = publisherPlaces.contains(where: poller.isReadable)
        if checkAt == nil, outbox.isUnchecked { checkAt = max(now, lastCheck + Self.checkInterval) }
        if hasSignal || checkAt.map({ $0 <= now }) == true {
            lastCheck = now
            // Whether the sockets are still busy, the next look finds out.
            checkAt = outbox.beginCheck() ? now + Self.checkInterval : nil
            var hasNotices = false
            for link in links where link.role == .publishes {
                let (some, hasMore) = takeNotices(at: link, now)
                if hasMore { checkAt = now }
                hasNotices = hasNotices || some
            }
            // What was sent since is told 20 ms later, so it need not be scheduled after every look.
            let soon = hasNotices ? now : now + Self.tellingInterval
            tellAt = min(tellAt ?? soon, soon)
        }
        if let due = tellAt, due <= now { tellAt = outbox.tellLedgers(now: now) }
    }

    // MARK: Commands

    private func perform(_ command: Command) {
        let now = Instant.now
        switch command {
        case .request(let pattern, let limit, let id, let waiter):
            let prefix = WirePrefix(of: pattern)
            apply(prefixes.request(prefix), now)
            guard let covering = prefixes.covering(prefix), let incarnation = announcements[covering] else {
                // libzmq refused the subscription, which was told.
                waiter.resume(returning: .done)
                return
            }
            let awaiting = Awaiting.task(waiter, pattern)
            perform(confirmation.wait(awaiting, id: id, incarnation: incarnation, limit: limit, now: now))
        case .release(let prefix):
            apply(prefixes.release(prefix), now)
        case .awaitSubscribers(let subject, let count, let timeout, let id, let waiter):
            if subscribers(of: subject, upTo: max(0, count)) >= count {
                waiter.resume(returning: .done)
            } else {
                subscriberWaits.add(waiter, id: id, subject: subject, count: count, deadline: now + timeout.bounded)
            }
        case .resolved(let answer, let link):
            resolved(answer, of: link, now)
        case .cancel(let id):
            if case .task(let waiter, _)? = confirmation.forget(id) { waiter.resume(returning: .cancelled) }
            subscriberWaits.forget(id)?.resume(returning: .cancelled)
        case .stop:
            isStopping = true
        }
    }

    /// Tells the publishers which prefixes are wanted; those that others take the place of are given up when these are in
    /// effect, so that nothing is missed or miscounted in between.
    private func apply(_ change: PrefixTable.Change, _ now: Instant) {
        for prefix in change.subscribe { announce(prefix) }
        retire(change.unsubscribe)
        // What is in effect by then is all that was announced before it.
        guard !change.isEmpty, prefixes.isRetiring else { return }
        guard let newest = announcements.newest else { return retire(prefixes.confirmed(prefixes.turn)) }
        lastRetirement -= 1
        let retirement = Awaiting.retirement(turn: prefixes.turn)
        perform(confirmation.wait(retirement, id: lastRetirement, incarnation: newest, limit: nil, now: now))
    }

    func perform(_ actions: [ConfirmationStateMachine<Awaiting>.Action]) {
        for case .resume(let awaiting, let confirmed, let missing) in actions {
            switch awaiting {
            case .retirement(let turn): retire(prefixes.confirmed(turn))
            case .task(let waiter, let pattern):
                let confirmation = SubscriptionConfirmation(confirmed: confirmed.map(name), missing: missing.map(name))
                if !confirmation.isComplete {
                    reporter.happened(.unconfirmed(pattern: pattern, missing: confirmation.missing))
                }
                waiter.resume(returning: .confirmed(confirmation))
            }
        }
    }

    /// What people know a publisher by.
    private func name(of publisher: ConfirmationStateMachine<Awaiting>.Publisher) -> String {
        switch publisher {
        case .bus(let link, let id): "\(links[link].name) (bus \(id))"
        case .unknown(let link): "\(links[link].name) (a peer that does not answer)"
        case .absent(let link): "\(links[link].name) (nobody there)"
        }
    }

    func resumeSubscriberWaits() {
        let fulfilled = subscriberWaits.takeFulfilled(coveredBy: peers.takeChanged(), subscribers)
        for waiter in fulfilled { waiter.resume(returning: .done) }
    }

    /// How many others want a subject, of those that it is sent to.
    private func subscribers(of subject: Subject, upTo limit: Int) -> Int {
        peers.count(of: subject, upTo: limit, except: busID) { links[$0].patterns.sends(subject) }
    }

    private func tick(_ now: Instant) {
        perform(confirmation.tick(now))
        finish(departures.tick(now), isClosed: false)
        tickResolutions(now)
        checkFiles(now)
        checkLists(now)
        sendAcknowledgements(now)
        for waiter in subscriberWaits.takeLate(now) { waiter.resume(returning: .timedOut) }
        for report in accounts.takeReports(now) { tell(report) }
        for link in links where !link.isRevoked {
            switch link.supervisor?.tick(now, jitter: .random(in: 0...1)) {
            case .restart: restart(link)
            case .disconnect: disconnect(link)
            case nil: break
            }
        }
    }

    private func tell(_ report: LedgerAccounts.Report) {
        let byPrefix = report.byPrefix.map { ($0.key.text, $0.value) }
        let most = byPrefix.max { $0.1 < $1.1 }?.0 ?? ""
        let loss = LinkLoss(
            count: report.lost,
            prefix: most,
            origin: report.origin,
            endpoint: links[report.link].name
        )
        reporter.lost(loss, byPrefix: Dictionary(byPrefix, uniquingKeysWith: +))
    }

    // MARK: The end

    /// Ends what waits, and closes all sockets; nothing comes after it.
    func shutDown() {
        executor.close()
        outbox.flush()
        let late = commands.close().compactMap(\.waiter)
        let waiting = confirmation.forgetAll().compactMap { if case .task(let waiter, _) = $0 { waiter } else { nil } }
        for waiter in late + waiting + subscriberWaits.takeAll() { waiter.resume(returning: .closed) }
        for report in accounts.takeLastReports() { tell(report) }
        reporter.events.finish()
        withdrawAll()
        let deadline = Instant.now + configuration.linger.bounded
        settleLedgers(until: deadline)
        for subscriber in subscribers { subscriber.stopMonitor() }
        outbox.removeAll(linger: max(0, (deadline - .now).milliseconds))
        links = []
        subscribers = []
        sockets.authenticator?.stop()
        for bound in files { bound.file.remove() }
    }

    /// Has the buses read what has been published for them, as far as they do in time.
    private func settleLedgers(until deadline: Instant) {
        // Whatever else there is to read stays unread from now on, and would end every wait at once.
        poller.removeAll()
        for descriptor in outbox.descriptors { _ = poller.add(descriptor) }
        var isOwed = outbox.tellLast(to: true, now: .now)
        var interval = Self.firstInterval
        while isOwed, Instant.now < deadline {
            _ = poller.wait(milliseconds: min(interval, (deadline - .now).milliseconds))
            interval = min(2 * interval, Self.lastInterval)
            for link in links where link.role == .publishes {
                while !outbox.takeNotices(at: link.id, atMost: 256, now: .now).isAll {}
            }
            isOwed = outbox.tellLast(to: false, now: .now)
        }
    }

    /// How many milliseconds to wait before what may have been dropped is said again: at first, and in the end.
    private static let (firstInterval, lastInterval) = (5, 100)
}
