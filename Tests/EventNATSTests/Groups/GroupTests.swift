import EventCore
import EventNATS
import EventTesting
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// Groups whose members are in several buses: each envelope goes to one of them.
@Suite(.timeLimit(.minutes(5))) struct GroupTests {
    private static let count = 3000
    private static let workers = SubscriptionOptions(bufferCapacity: 1 << 14, group: "workers")

    /// Buses of one namespace, one on each server.
    private func buses(
        on servers: [NATSServer],
        _ change: (inout NATSBusConfiguration) -> Void = { _ in }
    ) async throws -> [NATSBus] {
        let namespace = freshName()
        var buses: [NATSBus] = []
        for server in servers {
            let bus = try await NATSBus.on(server, namespace: namespace) {
                // What a bus has no time to say when it is closed, the others tell as unknown.
                $0.linger = .seconds(20)
                change(&$0)
            }
            buses.append(bus)
        }
        return buses
    }

    private func publish(_ numbers: Range<Int>, on bus: NATSBus) async throws {
        for number in numbers { try await bus.publish(number, to: "work.item") }
    }

    private func close(_ buses: [NATSBus]) async {
        for bus in buses { await bus.close() }
    }

    @Test(arguments: [false, true], NATSForm.allCases)
    func `each envelope goes to one member in three buses, the publisher's among them`(
        isCluster: Bool,
        form: NATSForm
    ) async throws {
        let server = try await Shared.server.value
        let servers = isCluster ? try await Shared.cluster.value.servers : [server, server, server]
        let buses = try await buses(on: servers) { $0.form = form }
        let seen = Seen()
        for (place, bus) in buses.enumerated() {
            seen.collect(try await bus.subscribe(to: "work.*", options: Self.workers), as: place)
        }
        #expect(try await buses[0].hasSubscriber(of: "work.item", atLeast: 2))
        try await publish(0..<Self.count, on: buses[0])
        try await eventually(within: .seconds(60), seen.description) { seen.total >= Self.count }
        await close(buses)
        #expect(seen.numbers == Array(0..<Self.count))
        // None was passed over.
        for place in buses.indices { #expect(seen.count(at: place) > 0, "at \(place)") }
        for bus in buses { #expect(bus.statistics.lost == 0) }
    }

    @Test func `what a member holds that leaves is told, and the rest goes to the others`() async throws {
        let server = try await Shared.server.value
        let observer = RecordingObserver()
        let namespace = freshName()
        let leaving = try await NATSBus.on(server, namespace: namespace) { $0.observer = observer }
        var buses = [leaving]
        for _ in 0..<3 { buses.append(try await NATSBus.on(server, namespace: namespace)) }
        let seen = Seen()
        for place in 2...3 {
            seen.collect(try await buses[place].subscribe(to: "work.*", options: Self.workers), as: place)
        }
        do {
            let unread = try await leaving.subscribe(to: "work.*", options: Self.workers)
            #expect(try await buses[1].hasSubscriber(of: "work.item", atLeast: 3))
            try await publish(0..<1500, on: buses[1])
            try await eventually { observer.events.contains { $0.isDelivery } }
            withExtendedLifetime(unread) {}
        }
        try await publish(1500..<Self.count, on: buses[1])
        let told = { observer.events.compactMap(\.numberOfDrop) }
        try await eventually(within: .seconds(60), "\(seen), told \(told().count)") {
            seen.total + told().count >= Self.count
        }
        await close(buses)
        #expect(!told().isEmpty)
        #expect((seen.numbers + told()).sorted() == Array(0..<Self.count))
    }

    @Test func `server that is killed and started anew goes on choosing one member`() async throws {
        let server = try await NATSServer()
        let buses = try await buses(on: [server, server, server, server])
        let seen = Seen()
        for (place, bus) in buses.dropFirst().enumerated() {
            seen.collect(try await bus.subscribe(to: "work.*", options: Self.workers), as: place)
        }
        #expect(try await buses[0].hasSubscriber(of: "work.item", atLeast: 3))
        try await publish(0..<1000, on: buses[0])
        try await eventually(within: .seconds(60), seen.description) { seen.total == 1000 }
        await server.kill()
        for bus in buses { try await eventually { bus.statistics.peersByEndpoint.isEmpty } }
        // This waits in the queue, and leaves when the members are back.
        try await publish(1000..<2000, on: buses[0])
        try await server.start()
        try await eventually(within: .seconds(60), seen.description) { seen.total == 2000 }
        try await publish(2000..<Self.count, on: buses[0])
        try await eventually(within: .seconds(60), seen.description) { seen.total >= Self.count }
        let statistics = buses.dropFirst().map(\.statistics)
        await close(buses)
        #expect(seen.numbers == Array(0..<Self.count))
        for statistics in statistics {
            #expect(statistics.lost == 0)
            // What had been under way to a member nobody could have counted.
            #expect(statistics.unknownLosses >= 1)
        }
    }

    @Test func `what was published to nobody does not go to a member that comes before it has left`() async throws {
        let server = try await NATSServer()
        let bus = try await NATSBus.on(server) { $0.confirmationTimeout = .milliseconds(100) }
        let first = try await bus.subscribe(to: "work.*", options: Self.workers)
        await server.kill()
        try await eventually { bus.statistics.peersByEndpoint.isEmpty }
        first.close()
        try await bus.publish("to nobody", to: "work.item")
        let second = try await bus.subscribe(to: "work.*", options: Self.workers)
        try await bus.publish("to a member", to: "work.item")
        try await server.start()
        // What is recognised when it comes back has come behind the former.
        try await eventually(within: .seconds(60)) {
            try await bus.publish("once more", to: "work.item")
            return bus.statistics.echoes > 2
        }
        second.close()
        var labels: Set<String> = []
        for await envelope in second { labels.insert(try #require(try envelope.decode(String.self))) }
        #expect(labels == ["to a member", "once more"])
        await bus.close()
        await server.kill()
    }

    @Test func `bus that is closed loses nothing of what its members were chosen for`() async throws {
        let server = try await Shared.server.value
        let buses = try await buses(on: [server, server, server])
        let seen = Seen()
        for (place, bus) in buses.dropFirst().enumerated() {
            seen.collect(try await bus.subscribe(to: "work.*", options: Self.workers), as: place)
        }
        #expect(try await buses[0].hasSubscriber(of: "work.item", atLeast: 2))
        try await publish(0..<1000, on: buses[0])
        async let closed: Void = buses[2].close()
        try await publish(1000..<Self.count, on: buses[0])
        await closed
        try await eventually(within: .seconds(60), seen.description) { seen.total >= Self.count }
        await close(buses)
        #expect(seen.numbers == Array(0..<Self.count))
    }

    @Test func `books of other subscriptions stay right beside groups`() async throws {
        let server = try await Shared.server.value
        let buses = try await buses(on: [server, server, server])
        let seen = Seen()
        let all = try await buses[1].subscribe(to: "work.>", options: .init(bufferCapacity: 1 << 14))
        for (place, bus) in buses.dropFirst().enumerated() {
            seen.collect(try await bus.subscribe(to: "work.*", options: Self.workers), as: place)
        }
        #expect(try await buses[0].hasSubscriber(of: "work.item", atLeast: 2))
        try await publish(0..<Self.count, on: buses[0])
        try await eventually(within: .seconds(60), seen.description) { seen.total >= Self.count }
        try await eventually { buses[1].statistics.received == Self.count }
        #expect(buses[2].statistics.received == seen.count(at: 1))
        await close(buses)
        var numbers: [Int] = []
        for await envelope in all { numbers.append(try #require(try envelope.decode(Int.self))) }
        #expect(numbers == Array(0..<Self.count))
        for bus in buses {
            #expect(bus.statistics.lost == 0)
            #expect(bus.statistics.unknownLosses == 0, "\(bus.statistics)")
        }
    }

    @Test func `message of a plain client goes to one member`() async throws {
        let server = try await Shared.server.value
        let namespace = freshName()
        let seen = Seen()
        var buses: [NATSBus] = []
        for place in 0..<2 {
            buses.append(try await NATSBus.on(server, namespace: namespace))
            seen.collect(try await buses[place].subscribe(to: "work.*", options: Self.workers), as: place)
        }
        let client = try PlainClient(port: server.port)
        for number in 0..<100 {
            let text = "\(number)"
            client.send("PUB \(namespace).work.item \(text.utf8.count)\r\n\(text)\r\n")
        }
        try await eventually(seen.description) { seen.total >= 100 }
        await close(buses)
        #expect(seen.numbers == Array(0..<100))
    }

    @Test func `group that a server forbids throws`() async throws {
        let permissions = """
            authorization { users = [ { user: ann, password: pw, permissions: {
              publish: ["_eb.shop.>", "shop.>"], subscribe: ["_eb.shop.>", "shop.ok.>"] } } ] }
            """
        let path = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)").path
        try Data(permissions.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let server = try await NATSServer(["-c", path])
        let bus = try await NATSBus.on(server, namespace: "shop") {
            $0.credentials = .user("ann", password: .text("pw"))
        }
        async let first = try await bus.subscribe(to: "ok.a", options: Self.workers)
        async let second: Subscription? = try? await bus.subscribe(to: "no.a", options: Self.workers)
        async let third = try await bus.subscribe(to: "ok.>", options: Self.workers)
        let (exact, forbidden, wide) = (try await first, await second, try await third)
        #expect(forbidden == nil)
        let error = await #expect(throws: EventError.self) {
            _ = try await bus.subscribe(to: "no.b", options: Self.workers)
        }
        #expect("\(String(describing: error))".contains("Permissions Violation for Subscription to"))
        try await bus.publish(1, to: "ok.a")
        #expect(await exact.next(within: .seconds(20)) != nil)
        #expect(await wide.next(within: .seconds(20)) != nil)
        await bus.close()
    }

    @Test func `members that come and go while envelopes are published get each once`() async throws {
        let server = try await Shared.server.value
        let buses = try await buses(on: [server, server, server])
        let seen = Seen()
        // This one stays, so that there is always a member.
        seen.collect(try await buses[0].subscribe(to: "work.*", options: Self.workers), as: 0)
        let guests = (1...2).map { place in
            Task {
                for _ in 0..<20 {
                    let guest = try await buses[place].subscribe(to: "work.*", options: Self.workers)
                    for _ in 0..<20 {
                        guard let envelope = await guest.next(within: .milliseconds(20)) else { break }
                        seen.add(envelope, at: place)
                    }
                    guest.close()
                    for await envelope in guest { seen.add(envelope, at: place) }
                }
            }
        }
        try await publish(0..<Self.count, on: buses[0])
        for guest in guests { try await guest.value }
        let dropped = { buses.reduce(0) { $0 + $1.statistics.dropped } }
        try await eventually(within: .seconds(60), "\(seen.description), dropped \(dropped())") {
            seen.total + dropped() >= Self.count
        }
        await close(buses)
        #expect(Set(seen.numbers).count == seen.total)
        #expect(seen.total + dropped() == Self.count)
    }
}

extension RecordingObserver.Event {
    fileprivate var isDelivery: Bool {
        if case .delivered = self { true } else { false }
    }

    /// What was dropped because there is no member any more.
    fileprivate var numberOfDrop: Int? {
        guard case .dropped(let envelope, _, .closed) = self else { return nil }
        return try? envelope.decode(Int.self)
    }
}

/// What members have received.
private final class Seen: Sendable, CustomStringConvertible {
    private let entries = Lock<[(number: Int, place: Int)]>([])

    /// Reads a subscription to its end.
    func collect(_ subscription: Subscription, as place: Int) {
        Task { for await envelope in subscription { add(envelope, at: place) } }
    }

    func add(_ envelope: Envelope, at place: Int) {
        guard let number = try? envelope.decode(Int.self) else { return }
        entries.withLock { $0.append((number, place)) }
    }

    var total: Int { entries.withLock { $0.count } }
    var numbers: [Int] { entries.withLock { $0.map(\.number).sorted() } }

    func count(at place: Int) -> Int { entries.withLock { $0.count { $0.place == place } } }

    var description: String { "\(total) received" }
}
