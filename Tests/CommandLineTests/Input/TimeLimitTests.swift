import Testing

@testable import eventbus

@Suite struct TimeLimitTests {
    @Test(
        "is a length of time",
        arguments: [
            ("5", .seconds(5)), ("0.5", .milliseconds(500)), ("1.5s", .milliseconds(1500)),
            ("500ms", .milliseconds(500)),
            ("0.25m", .seconds(15)), ("2.5us", .nanoseconds(2500)), ("0.0", .zero), ("1h", .seconds(3600)),
        ] as [(String, Duration)]
    )
    func reads(_ text: String, _ duration: Duration) {
        #expect(TimeLimit(argument: text)?.duration == duration)
    }

    @Test("is none", arguments: ["", ".", ".5", "5.", "1.s", "1.5.5", "-1", "+1", "1e3", "0x1", "1.5 s", "١", "soon"])
    func refuses(_ text: String) {
        #expect(TimeLimit(argument: text) == nil)
    }

    @Test func `the longest one is one`() {
        #expect(TimeLimit(argument: "9223372036854775807.999s") != nil)
    }
}
