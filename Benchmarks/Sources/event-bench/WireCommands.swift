import ArgumentParser
import EventCore
import EventZMQ
import Foundation
import Measurement
import Workloads

/// What a subscriber subscribes to once all publishers have confirmed what it is there for.
private let allPublishersAreHere: Subject = "ready"

/// One side of a measurement between two processes: publishes, once somebody listens.
struct WirePublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-publish", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var count: Int
    @Argument var payload: Int
    @Argument var subscribers: Int
    @Argument var keys: String?
    @Flag(help: "Subscribers are buses, which say when every publisher knows them.") var confirmed = false

    func run() async throws {
        let (endpoint, count, payload, subscribers, keys) = (endpoint, count, payload, subscribers, keys)
        let subject = confirmed ? allPublishersAreHere : Samples.busy
        let cost = try await Task.detached {
            let bus = try wireBus(publish: .bind(endpoint), security: try KeyFolder.publisher(keys))
            // Some of everything: no two in a row are the same, so each is encoded as if it were new.
            let envelopes = (0..<min(1024, count)).map { _ in Samples.wire(payloadCount: payload) }
            guard try await bus.waitForSubscribers(of: subject, atLeast: subscribers, timeout: .seconds(20))
            else { throw ValidationError("no subscriber came") }
            let (began, start) = (ProcessInfo.processInfo.systemUptime, ProcessorTime.now)
            for number in 0..<count { try await bus.publish(envelopes[number % envelopes.count]) }
            await bus.close()
            return WireCost(processor: ProcessorTime.now - start, began: began)
        }.value
        try printAnswer(cost)
    }
}

/// The other side: reads an ordinary subscription, and prints how long that took.
struct WireSubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-subscribe", shouldDisplay: false)

    @Argument var endpoints: String
    @Argument var count: Int
    @Argument var keys: String?
    @Flag(help: "The publisher is no bus, and confirms nothing.") var unconfirmed = false

    func run() async throws {
        let (count, keys, isConfirmed) = (count, keys, !unconfirmed)
        let endpoints = endpoints.split(separator: ",").map { ZMQEndpoint.connect(String($0)) }
        let result = try await Task.detached {
            let security = try KeyFolder.subscriber(keys, of: endpoints)
            let bus = try wireBus(subscribe: endpoints, security: security, isConfirmed: isConfirmed)
            let subscription = try await bus.subscribe(to: "graph.>", options: wholeRun)
            // One that publishes before the others are there would be gone by then, and the time began too late.
            let ready = isConfirmed ? try await bus.subscribe(to: Pattern(allPublishersAreHere)) : nil
            defer { ready?.close() }
            var iterator = subscription.makeAsyncIterator()
            var received = await subscription.next(within: .seconds(60)) == nil ? 0 : 1
            let (start, processor) = (ContinuousClock.now, ProcessorTime.now)
            // Whatever is lost never comes, so time has to end this.
            let limit = Task {
                try await Task.sleep(for: .seconds(30))
                subscription.close()
            }
            while received < count, await iterator.next() != nil { received += 1 }
            let (seconds, ended) = ((ContinuousClock.now - start) / .seconds(1), ProcessInfo.processInfo.systemUptime)
            limit.cancel()
            let (lost, used) = (bus.statistics.lost, ProcessorTime.now - processor)
            await bus.close()
            return WireResult(received: received, seconds: seconds, processor: used, ended: ended, lost: lost)
        }.value
        try printAnswer(result)
    }
}

/// Measures round trips.
struct WirePingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-ping", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var peer: String
    @Argument var count: Int
    @Flag(help: "Wait on the thread of the bus.") var onBusThread = false

    func run() async throws {
        let count = count
        let bus = try wireBus(publish: .bind(endpoint), subscribe: [.connect(peer)])
        let result = try await Task.detached(executorPreference: onBusThread ? bus.executor : nil) {
            try await roundTrips(count, on: bus)
        }.value
        try printAnswer(result)
    }
}

/// Answers round trips until it is ended.
struct WirePongCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-pong", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var peer: String
    @Flag(help: "Wait on the thread of the bus.") var onBusThread = false

    func run() async throws {
        let bus = try wireBus(publish: .bind(endpoint), subscribe: [.connect(peer)])
        try await Task.detached(executorPreference: onBusThread ? bus.executor : nil) {
            try await answerRoundTrips(on: bus)
        }.value
    }
}

/// Measures what publishing costs when so many prefixes are wanted, of which each envelope has one.
struct WirePrefixesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-prefixes", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var prefixes: Int
    @Argument var count: Int

    func run() async throws {
        let (endpoint, prefixes, count) = (endpoint, prefixes, count)
        let cost = try await Task.detached {
            let publisher = try wireBus(publish: .bind(endpoint))
            let subscriber = try wireBus(subscribe: [.connect(endpoint)])
            var subscriptions: [Subscription] = []
            for number in 0..<prefixes {
                subscriptions.append(
                    try await subscriber.subscribe(to: try Samples.runPattern(number), options: keepLatest)
                )
            }
            let envelope = Samples.wire(subject: try Samples.runSubject(prefixes / 2))
            guard try await publisher.waitForSubscribers(of: envelope.subject, atLeast: 1, timeout: .seconds(60)) else {
                throw ValidationError("no subscriber came")
            }
            for _ in 0..<count / 10 { try await publisher.publish(envelope) }
            let start = ContinuousClock.now
            for _ in 0..<count { try await publisher.publish(envelope) }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            await publisher.close()
            await subscriber.close()
            withExtendedLifetime(subscriptions) {}
            return WirePublishing(nanoseconds: seconds * 1e9 / Double(count))
        }.value
        try printAnswer(cost)
    }
}

/// What a publish took.
struct WirePublishing: Codable, Sendable {
    var nanoseconds: Double
}

/// Prints what ``Child/answer(_:)`` reads.
func printAnswer(_ answer: some Encodable) throws {
    print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
}

/// What a subscriber's side prints.
struct WireResult: Codable, Sendable {
    var received: Int
    /// From the first envelope to the last.
    var seconds: Double
    /// Seconds of processor time meanwhile.
    var processor: Double
    /// When the last one was read, in seconds since the machine started; not from NATS.
    var ended: Double?
    /// Gaps in the numbers, which only a bus sees.
    var lost: Int?
    /// The length of all frames, which only the C program sees.
    var bytes: Int?
}

/// What a publisher's side prints.
struct WireCost: Codable, Sendable {
    /// Seconds of processor time, from the first envelope until everything was sent.
    var processor: Double
    /// When the first one was published, in seconds since the machine started; not from NATS.
    var began: Double?
}

/// What a ping prints, in microseconds.
struct WireLatency: Codable, Sendable {
    var p50, p99, p999: Double
}

/// As many as a run has fit, so nothing is dropped; a reader as any program might have.
let wholeRun = SubscriptionOptions(
    bufferCapacity: SubscriptionOptions.maximumBufferCapacity,
    backpressure: .block
)

/// Asks `count` times, one after the other, and then closes the bus.
///
/// - Throws: What the bus does.
func roundTrips(_ count: Int, on bus: some Bus) async throws -> WireLatency {
    var pongs = try await bus.subscribe(to: "pong").makeAsyncIterator()
    guard try await bus.link?.waitForSubscribers(of: "ping", atLeast: 1, timeout: .seconds(20)) == true else {
        throw ValidationError("no peer came")
    }
    let ping = Samples.wire(subject: "ping", payloadCount: 0)
    var times: [Double] = []
    for trip in -count / 10..<count {
        let start = ContinuousClock.now
        try await bus.publish(ping)
        _ = await pongs.next()
        if trip >= 0 { times.append((ContinuousClock.now - start) / .microseconds(1)) }
    }
    times.sort()
    await bus.close()
    return WireLatency(p50: times[count / 2], p99: times[count * 99 / 100], p999: times[count * 999 / 1000])
}

/// Answers what ``roundTrips(_:on:)`` asks, for as long as somebody does.
func answerRoundTrips(on bus: some Bus) async throws {
    let pings = try await bus.subscribe(to: "ping")
    let pong = Samples.wire(subject: "pong", payloadCount: 0)
    // Silence means that the other side has gone without ending this one.
    while await pings.next(within: .seconds(30)) != nil { try await bus.publish(pong) }
}

func wireBus(
    publish: ZMQEndpoint? = nil,
    subscribe: [ZMQEndpoint] = [],
    security: ZMQSecurity? = nil,
    isConfirmed: Bool = true
) throws -> ZMQBus {
    var configuration = ZMQBusConfiguration(
        publish: publish.map { [$0] } ?? [],
        subscribe: subscribe
    )
    configuration.sendHighWaterMark = 2_000_000
    configuration.linger = .seconds(30)
    configuration.confirmationTimeout = isConfirmed ? .seconds(20) : .milliseconds(50)
    if let security { configuration.security = security }
    return try ZMQBus(configuration: configuration)
}
