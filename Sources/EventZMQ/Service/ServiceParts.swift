import EventCore
import EventMemory
import EventTransport
import LinkRuntime

/// What a service thread is made of; opens the endpoints of a configuration.
final class ServiceParts {
    let busID: String
    let configuration: ZMQBusConfiguration
    let factory: SocketFactory
    let local: MemoryBus
    let outbox: Outbox
    let commands: CommandQueue
    let executor: ServiceExecutor
    let reporter: BusReporter
    let directory = PeerDirectory()
    let deliveries: DeliveryQueue
    private(set) var links: [Link] = []
    private(set) var subscribers: [SubscribingSocket] = []
    private(set) var files: [BoundFile] = []
    private(set) var boundEndpoints: [String] = []
    /// What was bound, by the place of its endpoint among all of the configuration.
    private var bound: [(place: Int, address: String)] = []

    init(
        busID: String,
        configuration: ZMQBusConfiguration,
        busyLimit: Int,
        local: MemoryBus
    ) throws(EventError) {
        self.busID = busID
        self.configuration = configuration
        self.local = local
        reporter = BusReporter(logger: configuration.logger)
        deliveries = DeliveryQueue(
            local,
            capacity: configuration.receiveQueueCapacity,
            byteCapacity: configuration.receiveQueueBytes,
            reporter: reporter
        )
        let sockets =
            Self.groups(configuration.publish, configuration).count
            + Self.groups(configuration.subscribe, configuration).count
        try Resources.check(
            "open a bus",
            descriptors: Resources.descriptorsOfTimers
                + Resources.descriptorsOfContext + sockets * Resources.descriptorsOfSocket
                + configuration.publish.count + configuration.subscribe.count,
            threads: Resources.threadsOfContext + Self.threadCount
        )
        _ = Resources.timers
        commands = try CommandQueue()
        executor = ServiceExecutor(wakeUp: commands.wakeUp)
        factory = try SocketFactory(configuration, busID: busID)
        outbox = Outbox(
            origin: busID,
            configuration: configuration,
            busyLimit: busyLimit,
            asksWhoSubscribes: configuration.isKeyed,
            reporter: reporter,
            wakeUp: commands.wakeUp
        )
        do {
            try openPublishing()
            try openSubscribing()
        } catch {
            discard()
            throw error
        }
        boundEndpoints = bound.sorted { $0.place < $1.place }.map(\.address)
        reporter.opened(configuration)
    }

    /// The service thread and the one that delivers.
    private static let threadCount = 2

    /// Gives up what was opened, when not all of it could be.
    private func discard() {
        for subscriber in subscribers { subscriber.stopMonitor() }
        outbox.removeAll(linger: 0)
        factory.authenticator?.stop()
        for bound in files { bound.file.remove() }
    }

    /// An endpoint and its place among those that publish, or subscribe.
    private typealias Placed = EnumeratedSequence<[ZMQEndpoint]>.Element

    /// The sockets that endpoints need: one for all that are bound and send the same, one for each that is connected to.
    private static func groups(_ endpoints: [ZMQEndpoint], _ configuration: ZMQBusConfiguration) -> [[Placed]] {
        var bound: [[Pattern]?: [Placed]] = [:]
        var connected: [[Placed]] = []
        for placed in endpoints.enumerated() {
            switch placed.element {
            case .bind: bound[configuration.endpointSubjects[placed.element], default: []].append(placed)
            case .connect: connected.append([placed])
            }
        }
        return bound.values.sorted { $0[0].offset < $1[0].offset } + connected
    }

    /// An address to bind with a number for `localhost`, which libzmq takes for the name of an interface.
    private static func numeric(_ address: String) -> String {
        let name = "tcp://localhost:"
        return address.hasPrefix(name) ? "tcp://127.0.0.1:\(address.dropFirst(name.count))" : address
    }

    private func openPublishing() throws(EventError) {
        for endpoints in Self.groups(configuration.publish, configuration) {
            let socket = try factory.publisher()
            let id = try addLink(socket, .publishes, endpoints.map(\.element))
            let publisher = PublishingSocket(socket)
            do {
                try open(endpoints, publisher.socket, id, after: 0)
            } catch {
                try? publisher.socket.monitor(on: nil)
                throw error
            }
            let book = LedgerBook(
                retention: configuration.subscriberRetention.bounded,
                retentionBytes: configuration.subscriberRetentionBytes,
                own: busID
            )
            outbox.add(links[id], publisher, book)
        }
    }

    private func openSubscribing() throws(EventError) {
        for endpoints in Self.groups(configuration.subscribe, configuration) {
            let socket = try factory.subscriber()
            let id = try addLink(socket, .subscribes, endpoints.map(\.element))
            let subscriber = try SubscribingSocket(id: id, socket)
            subscribers.append(subscriber)
            try subscriber.subscribe(to: [
                ControlTopic.inbox(bus: busID).bytes, ControlTopic.presence(bus: busID).bytes,
            ])
            try subscriber.withSocket { socket throws(EventError) in
                try open(endpoints, socket, id, after: configuration.publish.count)
            }
        }
    }

    private func addLink(
        _ socket: borrowing ZMQSocket,
        _ role: Link.Role,
        _ endpoints: [ZMQEndpoint]
    ) throws(EventError) -> Int {
        let id = links.count
        let monitor = try ZMQMonitor(socket, in: factory.context, name: String(id))
        let connects = if case .connect? = endpoints.first { true } else { false }
        links.append(
            Link(
                id: id,
                role: role,
                endpoints: endpoints,
                connects: connects,
                patterns: role == .publishes ? endpoints.first.flatMap { configuration.endpointSubjects[$0] } : nil,
                expectedUser: connects ? endpoints.first.flatMap(configuration.expectedUser) : nil,
                monitor: monitor,
                budget: SubscriptionBudget(configuration.subscriptionLimits)
            )
        )
        return id
    }

    private func open(
        _ endpoints: [Placed],
        _ socket: borrowing ZMQSocket,
        _ id: Int,
        after count: Int
    ) throws(EventError) {
        for (place, endpoint) in endpoints {
            try factory.secure(socket, for: endpoint)
            switch endpoint {
            case .connect(let address):
                // Where the host is a name, the service thread connects when that has been looked up.
                if NamedEndpoint(address) == nil { try socket.connect(to: address) }
            case .bind(let address):
                if case .file(let path) = try EndpointAddress(of: endpoint) {
                    let mode = configuration.socketFileMode
                    let file = try UnixSocketFile.bind(path, mode, for: address) { listener throws(EventError) in
                        try socket.bind(to: address, listener: listener)
                    }
                    files.append(BoundFile(file: file, link: id, address: address))
                } else {
                    try socket.bind(to: Self.numeric(address))
                }
                bound.append((count + place, try socket.lastEndpoint))
            }
        }
    }
}
