import Testing

@testable import EventCore

@Suite struct ParkedPublishStateMachineTests {
    @Test func `the last mailbox resumes the publisher, once`() {
        var publish = ParkedPublishStateMachine<Int>()
        publish.parked()
        publish.parked()
        #expect(publish.wait(7) == true)
        #expect(publish.settle(.taken) == nil)
        #expect(publish.settle(.taken) == 7)
        #expect(publish.outcome == .taken)
    }

    @Test func `nobody waits for what is settled already`() {
        var publish = ParkedPublishStateMachine<Int>()
        publish.parked()
        #expect(publish.settle(.taken) == nil)
        #expect(publish.isSettled)
        #expect(publish.wait(7) == false)
    }

    @Test func `settling one before the next is parked does not end the publish`() {
        var publish = ParkedPublishStateMachine<Int>()
        publish.parked()
        #expect(publish.settle(.taken) == nil)
        publish.parked()
        #expect(!publish.isSettled)
        #expect(publish.wait(7) == true)
        #expect(publish.settle(.taken) == 7)
    }

    @Test(
        "the gravest outcome counts",
        arguments: [
            ([.taken, .withdrawn, .taken], .withdrawn),
            ([.withdrawn, .busClosed], .busClosed),
            ([.busClosed, .withdrawn], .busClosed),
        ] as [([ParkedPublish.Outcome], ParkedPublish.Outcome)]
    )
    func outcome(_ settlements: [ParkedPublish.Outcome], _ expected: ParkedPublish.Outcome) {
        var publish = ParkedPublishStateMachine<Int>()
        for _ in settlements { publish.parked() }
        for settlement in settlements { _ = publish.settle(settlement) }
        #expect(publish.outcome == expected)
    }
}
