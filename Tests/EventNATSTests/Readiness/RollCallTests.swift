import Testing

@testable import EventNATS

@Suite struct RollCallTests {
    private let now = ContinuousClock.now
    private let servers = [
        PeerList.Server(id: "B", endpoint: "b:1", buses: ["b1", "b2"]),
        PeerList.Server(id: "C", endpoint: "c:1", buses: ["c1"]),
    ]

    private func begin(_ calls: inout RollCall<Int>) -> [RollCall<Int>.Question] {
        calls.begin([7], own: "a:1", servers: servers, now: now, deadline: now + .seconds(1)).questions
    }

    @Test func `asks one bus on each server, and is over when all have answered`() {
        var calls = RollCall<Int>()
        #expect(begin(&calls).map(\.bus) == ["b1", "c1"])
        #expect(calls.answered(1, by: "c1", at: "C") == nil)
        #expect(calls.answered(1, by: "c1", at: "C") == nil)
        let outcome = calls.answered(1, by: "b1", at: "B")
        #expect(outcome?.waiters == [7])
        #expect(outcome?.confirmed == ["a:1", "c:1", "b:1"])
        #expect(outcome?.missing.isEmpty == true)
        #expect(calls.isEmpty)
    }

    @Test func `passes over a bus that does not answer`() {
        var calls = RollCall<Int>()
        _ = begin(&calls)
        #expect(calls.due(now + .milliseconds(49)).questions.isEmpty)
        #expect(calls.due(now + .milliseconds(50)).questions.map(\.bus) == ["b2", "c1"])
    }

    @Test func `does not wait for a server where nobody is`() {
        var calls = RollCall<Int>()
        _ = begin(&calls)
        #expect(calls.gone("c1", now: now).isEmpty)
        #expect(calls.gone("b1", now: now).isEmpty)
        #expect(calls.due(now).questions.map(\.bus) == ["b2"])
        #expect(calls.gone("b2", now: now).map(\.confirmed) == [["a:1"]])
    }

    @Test func `tells who is missing when the time is up`() {
        var calls = RollCall<Int>()
        _ = begin(&calls)
        _ = calls.answered(1, by: "b1", at: "B")
        let outcome = calls.due(now + .seconds(1)).done.first
        #expect(outcome?.missing == ["c:1"])
        #expect(outcome?.confirmed == ["a:1", "b:1"])
    }
}
