import EventCore
import EventMemory
import EventTesting
import Testing

@Suite struct BusConformanceTests {
    @Test(arguments: BusConformance.cases(for: .fireAndForget))
    func `applies to two linked buses`(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let receiver = MemoryBus(observer: observer)
            return BusFixture(publisher: LinkedBus(to: receiver, observer: observer), subscriber: receiver)
        }
    }

    @Test(arguments: [
        "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "C1", "C2", "C3",
        "C4", "O1", "O2", "O3", "O4", "V3",
    ])
    func `has a case for each rule`(_ section: String) {
        #expect(BusConformance.cases(for: .inProcess).contains { $0.section == section })
    }

    @Test func `gives each case an id of its own, with a dot`() {
        let ids = BusConformance.cases(for: .inProcess).map(\.id)
        #expect(Set(ids).count == ids.count)
        #expect(ids.allSatisfy { $0.split(separator: ".").count == 2 })
    }

    @Test func `states each rule as a sentence`() {
        let sentences = BusConformance.cases(for: .inProcess).map(\.sentence)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") && $0.count > 20 })
        #expect(Set(sentences).count == sentences.count)
    }

    @Test(arguments: [BusProfile.discards, .fireAndForget, .inProcess])
    func `lists only cases whose needs are met`(_ profile: BusProfile) {
        let cases = BusConformance.cases(for: profile)
        #expect(!cases.isEmpty)
        #expect(cases.allSatisfy { profile.isSuperset(of: $0.needs) })
    }

    @Test(arguments: ["publish.succeedsWithoutSubscriptions", "publish.deliversOnce"])
    func `closes both buses whatever the outcome`(_ id: String) async throws {
        let rule = try #require(BusConformance.cases(for: .inProcess).first { $0.id == id })
        let buses = [MemoryBus(), MemoryBus()]  // Not linked, so nothing is delivered.
        try? await rule.run { _ in
            BusFixture(publisher: buses[0], subscriber: buses[1], waitFor: .milliseconds(100))
        }
        for bus in buses {
            await #expect(throws: EventError.busClosed) { try await bus.publish("late", to: "late") }
        }
    }

    @Test func `names the rule, what was expected and what was seen`() async throws {
        let rule = try #require(BusConformance.cases(for: .inProcess).first { $0.id == "publish.deliversOnce" })
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = FaultyBus(observer: observer, fault: .duplicates)
                return BusFixture(publisher: bus, subscriber: bus)
            }
        }
        #expect(
            failure?.description == """
                publish.deliversOnce (P3): A subscription gets an envelope once.
                  expected: what arrives at each: [["a", "b"], ["a", "b"]]
                  seen: [["a", "a", "b", "b"], ["a", "a", "b", "b"]]
                """
        )
    }

    @Test func `passes on the error of a fixture that cannot be made`() async throws {
        let rule = try #require(BusConformance.cases(for: .discards).first)
        await #expect(throws: EventError.invalidConfiguration("no endpoint")) {
            try await rule.run { _ in throw EventError.invalidConfiguration("no endpoint") }
        }
    }

    @Test func `settles every subscription before publishing to it`() async throws {
        let settled = RecordingBus()
        for rule in BusConformance.cases(for: .fireAndForget) where rule.id.hasPrefix("matching.") {
            try await rule.run { observer in
                let bus = MemoryBus(observer: observer)
                return BusFixture(publisher: bus, subscriber: bus) { subscription, subject in
                    #expect(subscription.pattern.matches(subject))
                    try await settled.publish(Envelope(subject: subject))
                }
            }
        }
        #expect(settled.published.count > 10)
    }

    @Test func `uses subjects no other run uses`() async throws {
        let rule = try #require(BusConformance.cases(for: .discards).first { $0.id.hasPrefix("publish.") })
        let bus = RecordingBus(wrapping: NoopBus())
        var subjects: [Set<Subject>] = []
        for _ in 1...2 {
            try await rule.run { _ in BusFixture(publisher: bus, subscriber: bus) }
            subjects.append(Set(bus.published.map(\.subject)))
            bus.reset()
        }
        #expect(!subjects[0].isEmpty)
        #expect(subjects[0].isDisjoint(with: subjects[1]))
    }
}
