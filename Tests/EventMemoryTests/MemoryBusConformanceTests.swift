import EventMemory
import EventTesting
import Testing

@Suite struct MemoryBusConformanceTests {
    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func keeps(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = MemoryBus(observer: observer)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.unobserved, .groups]))
    func `keeps without an observer`(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in
            let bus = MemoryBus()
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func `keeps without a route cache`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = MemoryBus(observer: observer, routeCacheCapacity: 0)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }
}
