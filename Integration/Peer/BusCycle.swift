import EventCore
import EventZMQ
import IntegrationSupport
import ProcessSupport

/// Opens and closes buses, in a process that does nothing else, to see what they leave.
struct BusCycle {
    private struct NothingArrived: Error {}

    /// How many cycles it takes until the threads and descriptors that the process keeps are there.
    private static let warmUp = 10
    /// Threads of the system go a while after their work.
    private static let patience = Duration.seconds(20)

    let address: String

    func run(_ count: Int) async throws -> PeerReport {
        for _ in 0..<Self.warmUp { try await once() }
        let before = try ProcessResources.current()
        for _ in 0..<count { try await once() }
        var after = before
        _ = try await holds(within: Self.patience) {
            after = try ProcessResources.current()
            return !after.exceeds(before)
        }
        return .cycled(before: before, after: after)
    }

    /// Joins a publisher and a subscriber, sends something, and closes them.
    private func once() async throws {
        let publisher = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: []))
        let subscriber = try ZMQBus(configuration: ZMQBusConfiguration(publish: [], subscribe: [.connect(address)]))
        let subscription = try await subscriber.subscribe(to: "a")
        try await publisher.publish(Envelope(subject: "a"))
        guard await subscription.next(within: .seconds(20)) != nil else { throw NothingArrived() }
        await subscriber.close()
        await publisher.close()
    }
}
