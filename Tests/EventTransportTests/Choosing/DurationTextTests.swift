import EventTransport
import Testing

@Suite struct DurationTextTests {
    @Test(
        "is a duration",
        arguments: [
            ("0s", .zero), ("7ns", .nanoseconds(7)), ("7us", .microseconds(7)), ("500ms", .milliseconds(500)),
            ("05s", .seconds(5)), ("2m", .seconds(120)), ("1.5s", .milliseconds(1500)),
            ("0.1s", .milliseconds(100)), ("0.25m", .seconds(15)), ("2.5us", .nanoseconds(2500)),
            ("0.000000000000001s", Duration(attoseconds: 1000)), ("3h", .seconds(10_800)),
            ("9223372036854775807s", .seconds(Int64.max)),
        ] as [(String, Duration)]
    )
    func parses(_ text: String, _ duration: Duration) {
        #expect(Duration(text) == duration)
    }

    @Test(
        "is no duration",
        arguments: [
            "", "5", "s", "-5s", "+5s", "5 s", " 5s", "5s ", ".5s", "5.", "5.s", "1.5", "1.5.5s", "1.-5s", "5S", "5sec",
            "5m5s", "١s", "9223372036854775808s",
            "9223372036854775807m", "9223372036854775807h", "5d", "0.1234567890123456s",
        ]
    )
    func refuses(_ text: String) {
        #expect(Duration(text) == nil)
    }
}
