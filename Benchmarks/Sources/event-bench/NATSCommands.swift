import ArgumentParser
import EventCore
import EventNATS
import Foundation
import Measurement
import Workloads

/// Publishes through a NATS server on some subjects in turn, once so many subscribers are there.
struct NATSPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nats-publish", shouldDisplay: false)

    @Argument var url: String
    @Argument var count: Int
    @Argument var payload: Int
    @Argument var subscribers: Int
    @Argument var subjects: Int
    @Flag(help: "In the body, without a header.") var body = false

    func run() async throws {
        let (url, count, payload, subscribers, subjects) = (url, count, payload, subscribers, subjects)
        let form = body ? NATSForm.body : .header
        let cost = try await Task.detached {
            let bus = try await natsBus(url, form)
            // Some of everything: no two in a row are the same, so each is encoded as if it were new.
            let envelopes = try (0..<max(1, 1024 / subjects) * subjects).map { number in
                Samples.wire(subject: try Samples.runSubject(number % subjects), payloadCount: payload)
            }
            guard let last = envelopes.last,
                try await bus.waitForSubscribers(of: last.subject, atLeast: subscribers, timeout: .seconds(20))
            else { throw ValidationError("no subscriber came") }
            let start = ProcessorTime.now
            for number in 0..<count { try await bus.publish(envelopes[number % envelopes.count]) }
            await bus.close()
            return WireCost(processor: ProcessorTime.now - start)
        }.value
        try printAnswer(cost)
    }
}

/// Reads a subscription for each of the subjects, and prints how long that took.
struct NATSSubscribeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nats-subscribe", shouldDisplay: false)

    @Argument var url: String
    @Argument var count: Int
    @Argument var subjects: Int

    func run() async throws {
        let (url, count, subjects) = (url, count, subjects)
        let result = try await Task.detached {
            let bus = try await natsBus(url)
            var subscriptions: [Subscription] = []
            for number in 0..<subjects {
                let pattern = Pattern(try Samples.runSubject(number))
                subscriptions.append(try await bus.subscribe(to: pattern, options: wholeRun))
            }
            // What is published on the first subject comes first.
            var received = await subscriptions[0].next(within: .seconds(30)) == nil ? 0 : 1
            let (start, processor) = (ContinuousClock.now, ProcessorTime.now)
            // Whatever is lost never comes, so time has to end this.
            let limit = Task { [subscriptions] in
                try await Task.sleep(for: .seconds(60))
                for subscription in subscriptions { subscription.close() }
            }
            received += await withTaskGroup { group in
                for (number, subscription) in subscriptions.enumerated() {
                    let expected = count / subjects - (number == 0 ? 1 : 0)
                    group.addTask {
                        var iterator = subscription.makeAsyncIterator()
                        var received = 0
                        while received < expected, await iterator.next() != nil { received += 1 }
                        return received
                    }
                }
                return await group.reduce(0, +)
            }
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            limit.cancel()
            let (statistics, used) = (bus.statistics, ProcessorTime.now - processor)
            await bus.close()
            return WireResult(received: received, seconds: seconds, processor: used, lost: statistics.lost)
        }.value
        try printAnswer(result)
    }
}

/// Measures round trips through a NATS server.
struct NATSPingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nats-ping", shouldDisplay: false)

    @Argument var url: String
    @Argument var count: Int
    @Flag(help: "In the body, without a header.") var body = false

    func run() async throws {
        let (url, count, form) = (url, count, body ? NATSForm.body : .header)
        let latency = try await Task.detached {
            let bus = try await natsBus(url, form)
            defer { withExtendedLifetime(bus) {} }
            return try await roundTrips(count, on: bus)
        }.value
        try printAnswer(latency)
    }
}

/// Answers round trips through a NATS server until it is ended.
struct NATSPongCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "nats-pong", shouldDisplay: false)

    @Argument var url: String
    @Flag(help: "In the body, without a header.") var body = false

    func run() async throws {
        let (url, form) = (url, body ? NATSForm.body : .header)
        try await Task.detached { try await answerRoundTrips(on: try await natsBus(url, form)) }.value
    }
}

private func natsBus(_ url: String, _ form: NATSForm = .header) async throws -> NATSBus {
    var configuration = NATSBusConfiguration(servers: [url])
    configuration.form = form
    // As much as a run has fits, so nothing is dropped.
    (configuration.queueCapacity, configuration.queueBytes) = (1 << 24, 4 << 30)
    (configuration.receiveQueueCapacity, configuration.receiveQueueBytes) = (1 << 24, 4 << 30)
    configuration.linger = .seconds(60)
    return try await NATSBus(configuration: configuration)
}
