import ArgumentParser
import EventCore
import EventZMQ
import Foundation
import Workloads

/// One side of a measurement between two processes: publishes, once somebody listens.
struct WirePublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-publish", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var count: Int
    @Argument var payload: Int
    @Argument var keys: String?

    func run() async throws {
        let (endpoint, count, payload, keys) = (endpoint, count, payload, keys)
        try await Task.detached {
            let bus = try wireBus(publish: .bind(endpoint), security: try KeyFolder.publisher(keys))
            // Some of everything: no two in a row are the same, so each is encoded as if it were new.
            let envelopes = (0..<1024).map { _ in Samples.wire(payloadCount: payload) }
            guard try await bus.waitForSubscribers(of: Samples.busy, atLeast: 1, timeout: .seconds(20)) else {
                throw ValidationError("no subscriber came")
            }
            for number in 0..<count { try await bus.publish(envelopes[number & 1023]) }
            await bus.close()
        }.value
    }
}

/// The other side: reads an ordinary subscription, and prints how long that took.
struct WireSubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-subscribe", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var count: Int
    @Argument var keys: String?

    func run() async throws {
        let (endpoint, count, keys) = (endpoint, count, keys)
        let result = try await Task.detached {
            let security = try KeyFolder.subscriber(keys, of: .connect(endpoint))
            let bus = try wireBus(subscribe: .connect(endpoint), security: security)
            let subscription = try await bus.subscribe(to: "graph.>", options: wholeRun)
            var iterator = subscription.makeAsyncIterator()
            var received = await iterator.next() == nil ? 0 : 1
            let start = ContinuousClock.now
            // Whatever is lost never comes, so time has to end this.
            let limit = Task {
                try await Task.sleep(for: .seconds(30))
                subscription.close()
            }
            while received < count, await iterator.next() != nil { received += 1 }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            limit.cancel()
            let statistics = bus.statistics
            await bus.close()
            return WireResult(received: received, seconds: seconds, lost: statistics.lost)
        }.value
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
}

/// Measures round trips.
struct WirePingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-ping", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var peer: String
    @Argument var count: Int

    func run() async throws {
        let (endpoint, peer, count) = (endpoint, peer, count)
        let result = try await Task.detached {
            let bus = try wireBus(publish: .bind(endpoint), subscribe: .connect(peer))
            var pongs = try await bus.subscribe(to: "pong").makeAsyncIterator()
            guard try await bus.waitForSubscribers(of: "ping", atLeast: 1, timeout: .seconds(20)) else {
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
        }.value
        print(String(decoding: try JSONEncoder().encode(result), as: UTF8.self))
    }
}

/// Answers round trips until it is ended.
struct WirePongCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "wire-pong", shouldDisplay: false)

    @Argument var endpoint: String
    @Argument var peer: String

    func run() async throws {
        let (endpoint, peer) = (endpoint, peer)
        try await Task.detached {
            let bus = try wireBus(publish: .bind(endpoint), subscribe: .connect(peer))
            let pings = try await bus.subscribe(to: "ping")
            let pong = Samples.wire(subject: "pong", payloadCount: 0)
            // Silence means that the other side has gone without ending this one.
            while await pings.next(within: .seconds(30)) != nil { try await bus.publish(pong) }
        }.value
    }
}

/// What a subscriber's side prints.
struct WireResult: Codable, Sendable {
    var received: Int
    /// From the first envelope to the last.
    var seconds: Double
    /// Gaps in the numbers, which only a bus sees.
    var lost: Int?
    /// The length of all frames, which only the C program sees.
    var bytes: Int?
}

/// What a ping prints, in microseconds.
struct WireLatency: Codable, Sendable {
    var p50, p99, p999: Double
}

/// As many as a run has fit, so nothing is dropped; a reader as any program might have.
private let wholeRun = SubscriptionOptions(
    bufferCapacity: SubscriptionOptions.maximumBufferCapacity,
    backpressure: .block
)

private func wireBus(
    publish: ZMQEndpoint? = nil,
    subscribe: ZMQEndpoint? = nil,
    security: ZMQSecurity? = nil
) throws -> ZMQBus {
    var configuration = ZMQBusConfiguration(
        publish: publish.map { [$0] } ?? [],
        subscribe: subscribe.map { [$0] } ?? []
    )
    configuration.sendHighWaterMark = 2_000_000
    configuration.linger = .seconds(30)
    configuration.confirmationTimeout = .seconds(20)
    if let security { configuration.security = security }
    return try ZMQBus(configuration: configuration)
}
