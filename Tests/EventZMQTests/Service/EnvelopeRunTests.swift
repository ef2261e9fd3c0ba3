import Foundation
import Testing

@testable import EventCore
@testable import EventZMQ

/// Envelopes of one message that are counted together.
struct EnvelopeRunTests {
    private func received(_ number: UInt64?, from origin: String?, isNamed: Bool = false) -> CompactDecoder.Received {
        CompactDecoder.Received(
            envelope: Envelope(subject: "a.b", rawPayload: Data(), source: number.map { "\($0)" }),
            origin: origin,
            namesOrigin: isNamed,
            number: number
        )
    }

    @Test func `a run takes what comes from one bus in one way, and whatever comes first`() {
        var run = EnvelopeRun()
        #expect(run.takes(received(1, from: "one")) && run.takes(received(1, from: nil)))
        run.append(received(1, from: "one"))
        #expect(run.takes(received(2, from: "one")))
        #expect(!run.takes(received(2, from: "two")))
        #expect(!run.takes(received(2, from: nil)))
        #expect(!run.takes(received(2, from: "one", isNamed: true)))
        run.removeAll()
        #expect(run.takes(received(2, from: "two")) && run.origin == nil && run.numbers.isEmpty)
    }

    @Test func `a run keeps the numbers that there are, and its envelopes in order`() {
        var run = EnvelopeRun()
        for number in [7, nil, 9] as [UInt64?] { run.append(received(number, from: "one", isNamed: true)) }
        #expect(run.numbers == [7, 9])
        #expect(run.origin == "one" && run.namesOrigin)
        #expect(run.envelopes.map(\.source) == ["7", nil, "9"])
    }

    @Test func `what is moved stands behind what was there, and is gone from the run`() {
        var run = EnvelopeRun()
        var others: [Envelope] = []
        for start in [UInt64(1), 3] {
            for number in [start, start + 1] { run.append(received(number, from: "one")) }
            run.move(behind: &others)
            #expect(run.envelopes.isEmpty && run.numbers.isEmpty && run.origin == nil)
        }
        #expect(others.map(\.source) == ["1", "2", "3", "4"])
    }
}
