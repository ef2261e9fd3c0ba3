import Testing

@testable import EventNATS

@Suite struct GatheringTests {
    private let now = ContinuousClock.now

    @Test func `waits for those who were there, and no longer than two seconds`() {
        var gathering = Gathering(expected: ["a", "b"], now: now)
        gathering.isAlone(now: now)
        gathering.heard("a", now: now + .milliseconds(1))
        #expect(!gathering.isOver(now + .milliseconds(1999)))
        #expect(gathering.missing == ["b"])
        #expect(gathering.isOver(now + .seconds(2)))
        gathering.heard("b", now: now + .milliseconds(2))
        #expect(!gathering.isOver(now + .milliseconds(21)))
        #expect(gathering.isOver(now + .milliseconds(22)))
    }

    @Test func `waits for a moment after each that is heard of`() {
        var gathering = Gathering(expected: [], now: now)
        #expect(!gathering.isOver(now + .milliseconds(249)))
        gathering.heard("far", now: now + .milliseconds(200))
        #expect(!gathering.isOver(now + .milliseconds(399)))
        #expect(gathering.isOver(now + .milliseconds(400)))
    }

    @Test func `is over at once when nobody is there`() {
        var gathering = Gathering(expected: [], now: now)
        gathering.isAlone(now: now + .milliseconds(1))
        #expect(gathering.isOver(now + .milliseconds(1)))
    }
}
