import EventCore
import EventZMQ
import Foundation
import Testing

/// How often the stress tests repeat: a few times, or as often as `EVENT_STRESS_ROUNDS` says.
private let rounds = ProcessInfo.processInfo.environment["EVENT_STRESS_ROUNDS"].flatMap { Int($0) } ?? 10

@Suite(.timeLimit(.minutes(60))) struct ReadinessStressTests {
    /// A publisher and some subscribers, which begin at the same moment.
    private func round(_ way: Joined.Way, subscribers count: Int) async throws {
        let address = way.publisherBinds ? way.address : nil
        var publishing: [ZMQEndpoint] = []
        var subscribing: [ZMQEndpoint] = []
        var subscribers: [ZMQBus] = []
        if let address {
            // The address is known before anybody is there, so that nobody need be first.
            publishing = [.bind(address)]
        } else {
            for _ in 0..<count {
                let bus = try ZMQBus.subscriber(at: .bind(way.address))
                subscribers.append(bus)
                publishing.append(.connect(try #require(bus.boundEndpoints.first)))
            }
        }
        let publisher = try ZMQBus(configuration: .init(publish: publishing, subscribe: []))
        if address != nil {
            subscribing = [.connect(try #require(publisher.boundEndpoints.first))]
            for _ in 0..<count {
                subscribers.append(try ZMQBus(configuration: .init(publish: [], subscribe: subscribing)))
            }
        }
        let listening = subscribers
        async let arrived = withThrowingTaskGroup { group in
            for bus in listening {
                group.addTask {
                    let subscription = try await bus.subscribe(to: "first.envelope")
                    return await subscription.next(within: .seconds(20)) != nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(try await publisher.hasSubscriber(of: "first.envelope", atLeast: count))
        try await publisher.publish(Envelope(subject: "first.envelope"))
        #expect(try await arrived == count)
        for bus in listening + [publisher] { await bus.close() }
    }

    @Test(arguments: Joined.Way.allCases, 1...4)
    func `whoever is counted gets the first envelope`(way: Joined.Way, subscribers: Int) async throws {
        for _ in 0..<rounds { try await round(way, subscribers: subscribers) }
    }
}
