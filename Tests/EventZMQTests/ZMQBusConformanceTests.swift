import EventCore
import EventTesting
import Testing

@testable import EventZMQ

@Suite(.timeLimit(.minutes(5))) struct ZMQBusConformanceTests {
    @Test(arguments: BusConformance.cases(for: [.inProcess, .refusesGroups]))
    func `one bus keeps`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let address = Address.ipc()
            let configuration = ZMQBusConfiguration(
                publish: [.bind(address)],
                subscribe: [.connect(address)],
                observer: observer
            )
            let bus = try ZMQBus(configuration: configuration)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.unobserved, .refusesGroups]))
    func `one bus keeps without an observer`(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in
            let address = Address.ipc()
            let bus = try ZMQBus(
                configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: [.connect(address)])
            )
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.fireAndForget, .refusesGroups]), Joined.Way.allCases)
    func `two joined buses keep`(_ rule: ConformanceCase, _ way: Joined.Way) async throws {
        try await keepsJoined(rule) { try Joined(way, observer: $0) }
    }

    @Test(arguments: BusConformance.cases(for: [.fireAndForget, .refusesGroups]))
    func `two joined buses keep while they send together what they can`(_ rule: ConformanceCase) async throws {
        try await keepsJoined(rule) { try Joined(observer: $0, busyLimit: 0) }
    }

    private func keepsJoined(
        _ rule: ConformanceCase,
        _ make: @escaping @Sendable (any Observer) throws -> Joined
    ) async throws {
        try await rule.run { observer in
            let joined = try make(observer)
            return BusFixture(publisher: joined.publisher, subscriber: joined.subscriber) { _, subject in
                guard try await joined.publisher.waitForSubscribers(of: subject, atLeast: 1, timeout: .seconds(10))
                else { throw Unsettled() }
            }
        }
    }

    struct Unsettled: Error {}
}
