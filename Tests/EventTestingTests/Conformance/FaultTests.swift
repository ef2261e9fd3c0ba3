import EventTesting
import Testing

@Suite struct FaultTests {
    @Test(arguments: Fault.allCases)
    func `is caught by the case meant for it`(_ fault: Fault) async throws {
        let cases = BusConformance.cases(for: fault.isSeenOnlyUnobserved ? .unobserved : .inProcess)
        for id in fault.caughtBy {
            let rule = try #require(cases.first { $0.id == id })
            let failure = await #expect(throws: ConformanceFailure.self, "\(id) does not notice") {
                try await rule.run { observer in
                    let bus = FaultyBus(observer: fault.isSeenOnlyUnobserved ? nil : observer, fault: fault)
                    return BusFixture(
                        publisher: bus,
                        subscriber: bus,
                        waitFor: .milliseconds(300),
                        droppedCount: { bus.droppedCount }
                    )
                }
            }
            #expect(failure?.id == id)
        }
    }

    @Test(arguments: BusConformance.cases(for: .inProcess))
    func `is not found in a bus without a fault`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = FaultyBus(observer: observer)
            return BusFixture(publisher: bus, subscriber: bus, droppedCount: { bus.droppedCount })
        }
    }

    @Test(arguments: BusConformance.cases(for: .unobserved))
    func `is not found in a bus without a fault or an observer`(_ rule: ConformanceCase) async throws {
        try await rule.run { _ in
            let bus = FaultyBus(observer: nil)
            return BusFixture(publisher: bus, subscriber: bus, droppedCount: { bus.droppedCount })
        }
    }

    @Test(arguments: Fault.allCases.filter(\.isSeenOnlyUnobserved))
    func `of a bus without an observer does not show with one`(_ fault: Fault) async throws {
        for rule in BusConformance.cases(for: .inProcess) where fault.caughtBy.contains(rule.id) {
            try await rule.run { observer in
                let bus = FaultyBus(observer: observer, fault: fault)
                return BusFixture(publisher: bus, subscriber: bus, droppedCount: { bus.droppedCount })
            }
        }
    }
}
