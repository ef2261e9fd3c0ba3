import EventCore
import Testing

@testable import eventbus

@Suite struct LossLinesTests {
    private func loss(_ count: Int? = 2, of origin: String) -> LinkLoss {
        LinkLoss(count: count, prefix: "a.", origin: origin, endpoint: "tcp://h:1")
    }

    @Test func `a storm is told at its 1st, 10th, 100th loss, for each publisher`() {
        var lines = LossLines()
        let told = (1...500).compactMap { _ in lines.line(for: loss(of: "x")) }
        let line = "lost 2 envelopes on a. from x over tcp://h:1"
        #expect(told == [line, "\(line), and 9 losses before", "\(line), and 99 losses before"])
        #expect(lines.line(for: loss(of: "y")) != nil)
    }

    @Test func `publishers beyond a number are told together`() {
        var lines = LossLines()
        let told = (1...10_000).compactMap { lines.line(for: loss(of: "\($0)")) }
        #expect(told.count == LossLines.maximumOrigins + 4)
    }

    @Test func `a loss that nobody could count is one, too`() {
        var lines = LossLines()
        let line = lines.line(for: loss(nil, of: "x"))
        #expect(line == "lost an unknown number of envelopes on a. from x over tcp://h:1")
    }
}
