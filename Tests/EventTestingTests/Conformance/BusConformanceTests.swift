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
        "C4", "C5", "O1", "O2", "O3", "O4", "O5", "V3", "V7", "Bus.link",
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

    @Test(arguments: [BusProfile.discards, .lossy, .fireAndForget, .unobserved, .inProcess])
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
                  expected: what arrives at s1: ["a", "b"]
                  seen: ["a", "a", "b", "b"]
                  what happened:
                    1. subscribe to topic (drop_newest, default room)
                    2. onSubscribe s1
                    3. subscribe to topic (drop_newest, default room) returned s1
                    4. subscribe to > (drop_newest, default room)
                    5. onSubscribe s2
                    6. subscribe to > (drop_newest, default room) returned s2
                    7. publish of a on topic
                    8. onPublish a
                    9. onDeliver a to s1
                    10. onDeliver a to s2
                    11. onDeliver a to s1
                    12. onDeliver a to s2
                    13. publish of a on topic returned
                    14. publish of b on topic
                    15. onPublish b
                    16. onDeliver b to s1
                    17. onDeliver b to s2
                    18. onDeliver b to s1
                    19. onDeliver b to s2
                    20. publish of b on topic returned
                    21. publish of mark 1 on topic
                    22. onPublish mark 1
                    23. onDeliver mark 1 to s1
                    24. onDeliver mark 1 to s2
                    25. onDeliver mark 1 to s1
                    26. onDeliver mark 1 to s2
                    27. publish of mark 1 on topic returned
                    28. s1 yields a
                    29. s1 yields a
                    30. s1 yields b
                    31. s1 yields b
                    32. s1 yields mark 1
                """
        )
    }

    @Test func `tells how subscriptions and the bus were closed, and what was dropped`() async throws {
        let rule = try #require(BusConformance.cases(for: .inProcess).first { $0.id == "end.closeFreesPublishers" })
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = FaultyBus(observer: observer, fault: .losesDropsOfEnded)
                return BusFixture(publisher: bus, subscriber: bus)
            }
        }
        let events = try #require(failure?.events)
        #expect(
            events.starts(with: [
                "subscribe to topic (block, room for 1)", "onSubscribe s1",
                "subscribe to topic (block, room for 1) returned s1",
                "publish of a on topic", "onPublish a", "onDeliver a to s1", "publish of a on topic returned",
            ])
        )
        #expect(events.contains("close of s1"))
    }

    @Test func `shows the first and the last of many events`() async throws {
        let rule = try #require(BusConformance.cases(for: .inProcess).first { $0.id == "order.isKeptPerTask" })
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await rule.run { observer in
                let bus = FaultyBus(observer: observer, fault: .swapsPairs)
                return BusFixture(publisher: bus, subscriber: bus)
            }
        }
        let events = try #require(failure?.events)
        let lines = try #require(failure).description.split(separator: "\n").map(String.init)
        #expect(events.count > 500)
        let left = events.count - 80
        #expect(lines.count == 85)  // Four before the events, and one for those left out.
        #expect(lines[34] == "    … \(left) more …")
        let last = "    \(events.count). \(try #require(events.last))"
        #expect(lines[84] == last)
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
