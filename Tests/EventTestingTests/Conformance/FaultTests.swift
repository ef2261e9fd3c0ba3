import EventTesting
import Testing

@Suite struct FaultTests {
    @Test(arguments: Fault.allCases)
    func `is caught by the case meant for it`(_ fault: Fault) async throws {
        let profile: BusProfile = fault.isSeenOnlyUnobserved ? .unobserved : .inProcess
        let cases = BusConformance.cases(for: [profile, .groups])
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

    @Test(arguments: BusConformance.cases(for: [.inProcess, .groups]))
    func `is not found in a bus without a fault`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let bus = FaultyBus(observer: observer)
            return BusFixture(publisher: bus, subscriber: bus, droppedCount: { bus.droppedCount })
        }
    }

    @Test(arguments: BusConformance.cases(for: [.unobserved, .groups]))
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

    @Test func `of a bus that ignores groups is caught where they should be refused`() async throws {
        let rule = try #require(BusConformance.cases(for: .refusesGroups).first { $0.id == "group.isRefused" })
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = FaultyBus(observer: observer, fault: .groupsDeliverToAll)
                return BusFixture(publisher: bus, subscriber: bus)
            }
        }
        #expect(failure?.id == rule.id)
    }
}
