import EventCore
import EventMemory

/// What a service thread is made of; opens the endpoints of a configuration.
final class ServiceParts {
    let busID: String
    let configuration: ZMQBusConfiguration
    let factory: SocketFactory
    let local: MemoryBus
    let outbox: Outbox
    let commands: CommandQueue
    let reporter: BusReporter
    let deliveries: DeliveryQueue
    private(set) var watches: [LinkWatch] = []
    private(set) var subscribers: [SubscribingSocket] = []
    private(set) var files: [BoundFile] = []
    private(set) var boundEndpoints: [String] = []

    init(busID: String, configuration: ZMQBusConfiguration, local: MemoryBus) throws(EventError) {
        self.busID = busID
        self.configuration = configuration
        self.local = local
        reporter = BusReporter(logger: configuration.logger)
        deliveries = DeliveryQueue(local, configuration, reporter: reporter)
        let sockets = Self.groups(configuration.publish).count + Self.groups(configuration.subscribe).count
        try Resources.check(
            "open a bus",
            descriptors: Resources.descriptorsOfTimers
                + Resources.descriptorsOfContext + sockets * Resources.descriptorsOfSocket
                + configuration.publish.count + configuration.subscribe.count,
            threads: Resources.threadsOfContext + Self.threadCount
        )
        _ = Resources.timers
        commands = try CommandQueue()
        factory = try SocketFactory(configuration, busID: busID)
        outbox = Outbox(
            origin: busID,
            maximumMessageSize: configuration.maximumMessageSize,
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
        reporter.opened(configuration)
    }

    /// The service thread and the one that delivers.
    private static let threadCount = 2

    /// Gives up what was opened, when not all of it could be.
    private func discard() {
        for subscriber in subscribers { try? subscriber.socket.monitor(on: nil) }
        outbox.removeAll(linger: 0)
        factory.authenticator?.stop()
        for bound in files { bound.file.remove() }
    }

    /// The sockets that endpoints need: one for all that are bound, one for each that is connected to.
    private static func groups(_ endpoints: [ZMQEndpoint]) -> [[ZMQEndpoint]] {
        var bound: [ZMQEndpoint] = []
        var connected: [[ZMQEndpoint]] = []
        for endpoint in endpoints {
            switch endpoint {
            case .bind: bound.append(endpoint)
            case .connect: connected.append([endpoint])
            }
        }
        return bound.isEmpty ? connected : [bound] + connected
    }

    private func openPublishing() throws(EventError) {
        for endpoints in Self.groups(configuration.publish) {
            let socket = try factory.publisher()
            let id = try watch(socket, .publishes, endpoints)
            let publisher = PublishingSocket(socket)
            do {
                try open(endpoints, publisher.socket, id)
            } catch {
                try? publisher.socket.monitor(on: nil)
                throw error
            }
            let book = LedgerBook(
                retention: configuration.subscriberRetention.bounded,
                retentionBytes: configuration.subscriberRetentionBytes,
                own: busID
            )
            outbox.add(id, name: watches[id].name, publisher, book)
        }
    }

    private func openSubscribing() throws(EventError) {
        for endpoints in Self.groups(configuration.subscribe) {
            let socket = try factory.subscriber()
            let id = try watch(socket, .subscribes, endpoints)
            let subscriber = SubscribingSocket(id: id, socket)
            subscribers.append(subscriber)
            try subscriber.subscribe(to: [
                ControlTopic.inbox(bus: busID).bytes, ControlTopic.presence(bus: busID).bytes,
            ])
            try open(endpoints, subscriber.socket, id)
        }
    }

    private func watch(
        _ socket: borrowing ZMQSocket,
        _ role: LinkWatch.Role,
        _ endpoints: [ZMQEndpoint]
    ) throws(EventError) -> Int {
        let id = watches.count
        let monitor = try ZMQMonitor(socket, in: factory.context, name: String(id))
        let connects = if case .connect? = endpoints.first { true } else { false }
        watches.append(
            LinkWatch(
                id: id,
                role: role,
                endpoints: endpoints,
                connects: connects,
                expectedUser: connects ? endpoints.first.flatMap(configuration.expectedUser) : nil,
                monitor: monitor,
                budget: SubscriptionBudget(configuration.subscriptionLimits)
            )
        )
        return id
    }

    private func open(_ endpoints: [ZMQEndpoint], _ socket: borrowing ZMQSocket, _ id: Int) throws(EventError) {
        for endpoint in endpoints {
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
                    try socket.bind(to: address)
                }
                boundEndpoints.append(try socket.lastEndpoint)
            }
        }
    }
}
