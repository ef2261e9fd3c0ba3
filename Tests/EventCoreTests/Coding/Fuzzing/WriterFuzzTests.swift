import Foundation
import Testing

@testable import EventCore

@Suite struct WriterFuzzTests {
    @Test func `Foundation reads random texts as they were`() throws {
        print("EVENT_FUZZ_SEED=\(FuzzSettings.seed)")
        var random = RandomJSON(generator: SplitMix64(seed: FuzzSettings.seed))
        for _ in 0..<FuzzSettings.count / 20 {
            var envelope = random.envelope()
            envelope.payload = nil
            let json = try envelope.jsonData()
            let reference = try JSONDecoder().decode(ReferenceFields.self, from: json)
            guard reference == ReferenceFields(envelope) else {
                Issue.record("\(reference) is not \(envelope.fields), EVENT_FUZZ_SEED=\(FuzzSettings.seed)")
                return
            }
        }
    }

    @Test func `Foundation reads every scalar as it was`() throws {
        for plane in 0...0x10 as ClosedRange<UInt32> {
            let scalars = (plane << 16...plane << 16 | 0xFFFF).compactMap(Unicode.Scalar.init)
            let text = String(String.UnicodeScalarView(scalars))
            let json = JSONWriter.with { writer in
                writer.string(text)
                return writer.takeData()
            }
            let read = try JSONDecoder().decode(String.self, from: json)
            #expect(read.utf8.elementsEqual(text.utf8), "plane \(plane)")
        }
    }
}
