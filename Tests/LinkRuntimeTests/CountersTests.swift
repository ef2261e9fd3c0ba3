import EventCore
import LinkRuntime
import Testing

@Suite struct CountersTests {
    @Test func `what strangers claim to be lost may add up to more than a number holds`() {
        let counters = Counters()
        for _ in 0..<2 { _ = counters.lost(.max - 1, from: "p", byPrefix: ["a.": .max - 1]) }
        let statistics = counters.statistics
        #expect(statistics.lost == .max)
        #expect(statistics.lostByOrigin == ["p": .max])
        #expect(statistics.lostByPrefix == ["a.": .max])
    }
}
