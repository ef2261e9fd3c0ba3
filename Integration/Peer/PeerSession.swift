import EventCore
import Foundation
import IntegrationSupport

/// A bus that has a link, over whatever.
typealias LinkedBus = Bus & BusLink

/// One bus, and what a process does with it.
struct PeerSession {
    struct Impossible: Error {
        let reason: String
    }

    let bus: any LinkedBus
    let name: String
    private let events = Watched<[PeerEvent: Int]>([:])
    private var readers: [String: Reader] = [:]
    private var neglected: [Subscription] = []
    private var parked: [Task<Void, any Error>] = []
    private var exchange: Exchange?
    var collectors: [String: Collector] = [:]
    var responders: [Task<Void, Never>] = []
    /// What subscriptions that came and went have counted.
    var churned = ReaderBooks()
    let own = OwnCounts()

    init(name: String, bus: any LinkedBus) {
        (self.name, self.bus) = (name, bus)
        let iterator = bus.events.makeAsyncIterator()
        Task { [events] in
            var iterator = iterator
            while let event = await iterator.next() {
                guard let event = PeerEvent(event) else { continue }
                events.update { $0[event, default: 0] += 1 }
            }
        }
    }

    mutating func perform(_ command: PeerCommand) async throws -> PeerReport {
        switch command {
        case .subscribe(let patterns, let microseconds):
            try await subscribe(to: patterns, microseconds: UInt32(microseconds))
        case .neglect(let pattern):
            neglected.append(try await bus.subscribe(to: Pattern(validating: pattern)))
        case .awaitSubscribers(let subject, let count):
            try await awaitSubscribers(of: subject, count)
        case .publish(let subjects, let numbers):
            try await publish(numbers, on: subjects)
        case .awaitNumber(let number, let publishers, let patterns):
            return .received(try await wait(for: number, publishers: publishers, on: patterns))
        case .awaitEvent(let event, let count):
            _ = await events.wait { $0[event, default: 0] >= count }
        case .statistics:
            return .counted(Counts(bus.statistics))
        case .park(let subject, let publishers):
            try await park(Subject(validating: subject), publishers: publishers)
        case .close:
            return .closed(milliseconds: await close())
        case .collect(let patterns, let collecting):
            return try await collect(patterns, collecting)
        case .release(let pattern):
            try await release(pattern)
        case .churn(let patterns, let milliseconds, let cycles):
            try await churn(patterns, open: .milliseconds(milliseconds), cycles: cycles)
        case .burst(let burst):
            try await publish(burst)
        case .respond(let subject):
            try await respond(to: subject)
        case .ask(let subject, let count, let burst):
            try await ask(subject, count, beside: burst)
        case .books(let patterns):
            return .books(books(patterns))
        case .cycle(let count, let address):
            return try await BusCycle(address: address).run(count)
        case .openShort(let lower, let upper, let address):
            return try await Shortage(address: address).open(under: lower...upper)
        case .restartShort(let lower, let upper, let address):
            return try await Shortage(address: address).restart(with: lower...upper)
        case .openThreadless(let lower, let upper):
            return try await ThreadShortage().open(with: lower...upper)
        case .limitDescriptors(let count):
            try Shortage.limit(count)
        case .exchange(let other):
            exchange = try await Exchange(over: bus, as: name, with: other)
        case .stopExchange:
            exchange?.stop()
        case .exchanged:
            return .exchanged(exchange?.report ?? ExchangeReport())
        case .anticipate(let subject, let count, let milliseconds):
            try anticipate(Subject(validating: subject), count, within: .milliseconds(milliseconds))
        }
        return .done
    }

    private mutating func subscribe(to patterns: [String], microseconds: UInt32) async throws {
        // Ample, so that what is missing was lost on the way.
        var options = SubscriptionOptions(bufferCapacity: 1 << 17)
        options.slowDown(by: microseconds)
        let bus = bus
        let subscriptions = try await withThrowingTaskGroup { [options] group in
            for pattern in patterns {
                group.addTask {
                    (pattern, try await bus.subscribe(to: Pattern(validating: pattern), options: options))
                }
            }
            return try await group.reduce(into: [(String, Subscription)]()) { $0.append($1) }
        }
        for (pattern, subscription) in subscriptions { readers[pattern] = Reader(subscription) }
    }

    private func awaitSubscribers(of subject: String, _ count: Int) async throws {
        let subject = try Subject(validating: subject)
        guard try await bus.waitForSubscribers(of: subject, atLeast: count, timeout: .seconds(60)) else {
            throw Impossible(reason: "there are not \(count) subscribers of \(subject)")
        }
    }

    private mutating func anticipate(_ subject: Subject, _ count: Int, within limit: Duration) throws {
        parked.append(
            Task { [bus] in
                _ = try await bus.waitForSubscribers(of: subject, atLeast: count, timeout: limit)
            }
        )
    }

    private func publish(_ numbers: ClosedRange<Int>, on subjects: [String]) async throws {
        let subjects = try subjects.map { try Subject(validating: $0) }
        for number in numbers {
            let payload = Data(String(number).utf8)
            for subject in subjects {
                try await bus.publish(Envelope(subject: subject, rawPayload: payload, source: name))
            }
        }
    }

    private func wait(for number: Int, publishers: Int, on patterns: [String]) async throws -> Tally {
        var sum = Tally()
        for pattern in patterns {
            guard let reader = readers[pattern] else { throw Impossible(reason: "nobody reads \(pattern)") }
            sum = sum + (await reader.wait(for: number, publishers: publishers))
        }
        return sum
    }

    private mutating func park(_ subject: Subject, publishers: Int) async throws {
        let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        neglected.append(try await bus.subscribe(to: Pattern(subject), options: options))
        try await bus.publish(Envelope(subject: subject))
        for _ in 0..<publishers {
            let begun = Watched(false)
            parked.append(
                Task { [bus] in
                    begun.update { $0 = true }
                    try await bus.publish(Envelope(subject: subject))
                }
            )
            _ = await begun.wait { $0 }
        }
    }

    private mutating func close() async -> Int {
        let time = await ContinuousClock().measure { [bus, parked] in
            await bus.close()
            for task in parked { _ = await task.result }
        }
        return Int(time / .milliseconds(1))
    }
}

extension PeerEvent {
    fileprivate init?(_ event: LinkEvent) {
        switch event {
        case .connected: self = .connected
        case .disconnected: self = .disconnected
        case .refused: self = .refused
        case .subscriberJoined: self = .subscriberJoined
        case .subscriberLeft: self = .subscriberLeft
        case .lost: self = .lost
        default: return nil
        }
    }
}

extension SubscriptionOptions {
    /// Has a predicate that takes everything spend some time on each envelope, on purpose.
    mutating func slowDown(by microseconds: UInt32) {
        if microseconds > 0 { predicate = { _ in usleep(microseconds) == 0 } }
    }
}
