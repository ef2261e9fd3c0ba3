import EventCore
import EventTesting
import Testing

@Suite struct LossTests {
    /// Which envelopes are lost.
    enum Losing: CaseIterable {
        case nothing, every3rd, everyOther, burst, first, pseudorandom

        func hits(_ number: Int) -> Bool {
            switch self {
            case .nothing: false
            case .every3rd: number.isMultiple(of: 3)
            case .everyOther: number.isMultiple(of: 2)
            case .burst: number % 50 < 20
            case .first: number < 10
            case .pseudorandom: (number &* 2_654_435_761) >> 7 & 7 < 3
            }
        }
    }

    @Test(arguments: BusConformance.cases(for: .lossy), [Losing.every3rd, .pseudorandom])
    func `a bus may lose what it counts`(_ rule: ConformanceCase, _ losing: Losing) async throws {
        try await rule.run { observer in
            let bus = LossyBus(observer: observer, .exact, losing: losing.hits)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: ["link.countsLosses", "order.isKeptPerTask"], Losing.allCases)
    func `it does not matter which envelopes those are`(_ id: String, _ losing: Losing) async throws {
        let rule = try #require(BusConformance.cases(for: .lossy).first { $0.id == id })
        try await rule.run { observer in
            let bus = LossyBus(observer: observer, .exact, losing: losing.hits)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: ["link.countsLosses", "order.isKeptPerTask", "publish.deliversOnce"])
    func `a bus may lose what nobody could count, and says so`(_ id: String) async throws {
        let rule = try #require(BusConformance.cases(for: .lossy).first { $0.id == id })
        try await rule.run { observer in
            let bus = LossyBus(observer: observer, .unknown, losing: Losing.every3rd.hits)
            return BusFixture(publisher: bus, subscriber: bus)
        }
    }

    @Test(arguments: [LossyBus.Report.silent, .tooMuch], [Losing.every3rd, .burst, .first])
    func `a bus may not lose in silence, nor count what it did not lose`(
        _ report: LossyBus.Report,
        _ losing: Losing
    ) async throws {
        let rule = try #require(BusConformance.cases(for: .lossy).first { $0.id == "link.countsLosses" })
        await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = LossyBus(observer: observer, report, losing: losing.hits)
                return BusFixture(publisher: bus, subscriber: bus, waitFor: .milliseconds(500))
            }
        }
    }

    @Test(arguments: ["order.isKeptPerTask", "publish.deliversOnce", "matching.starIsOneSegment"])
    func `a loss in silence is seen by other cases, too`(_ id: String) async throws {
        let rule = try #require(BusConformance.cases(for: .lossy).first { $0.id == id })
        await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = LossyBus(observer: observer, .silent, losing: Losing.everyOther.hits)
                return BusFixture(publisher: bus, subscriber: bus, waitFor: .milliseconds(500))
            }
        }
    }

    @Test func `a bus that promises to lose nothing may not, although it counts`() async throws {
        let rule = try #require(BusConformance.cases(for: .fireAndForget).first { $0.id == "order.isKeptPerTask" })
        await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = LossyBus(observer: observer, .exact, losing: Losing.every3rd.hits)
                return BusFixture(publisher: bus, subscriber: bus, waitFor: .milliseconds(300))
            }
        }
    }

    @Test func `together with another profile it takes back that every envelope arrives`() {
        let ids = Set(BusConformance.cases(for: [.fireAndForget, .lossy]).map(\.id))
        #expect(ids == Set(BusConformance.cases(for: .lossy).map(\.id)))
        #expect(ids.isSubset(of: BusConformance.cases(for: .fireAndForget).map(\.id)))
        #expect(ids.contains("link.countsLosses"))
    }
}
