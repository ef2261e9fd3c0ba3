import Foundation
import Testing

@testable import EventCore

@Suite struct DecoderFuzzTests {
    private static let shards = 4

    /// What went wrong, with what it takes to see it again.
    private func report(_ what: String, _ input: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) {
        let text = String(decoding: input, as: UTF8.self).debugDescription
        Issue.record("\(what): \(text), EVENT_FUZZ_SEED=\(FuzzSettings.seed)", sourceLocation: sourceLocation)
    }

    private func generator(_ shard: Int) -> SplitMix64 {
        print("EVENT_FUZZ_SEED=\(FuzzSettings.seed)")
        return SplitMix64(seed: FuzzSettings.seed &+ UInt64(shard) << 32)
    }

    /// The golden lines, generated envelopes, and some that are deep or odd.
    private func corpus(_ generator: inout SplitMix64) throws -> [[UInt8]] {
        var random = RandomJSON(generator: generator)
        let generated = try (0..<60).map { _ in try [UInt8](random.envelope().jsonData()) }
        generator = random.generator
        let deep = String(repeating: "[", count: 511) + String(repeating: "]", count: 511)
        let odd = [
            #"{"subject":"a"}"#, #"{"subject":"a","payload":\#(deep)}"#, #" { "x" : [ { } ] , "subject" : "a.b" } "#,
            #"{"id":null,"subject":"é","time":null,"source":"","headers":null,"payload":"\ud800"}"#,
            #"{"subject":"a","headers":{"é":"1","é":"2"},"payload":1E400,"subject":"b"}"#,
            "{\"subject\":\"a\",\"headers\":{\"\u{E9}\":\"1\",\"k\":\"2\",\"e\u{301}\":\"3\"}}",
        ]
        return try GoldenEnvelopes.lines().map { [UInt8]($0) } * 3 + generated + odd.map { Array($0.utf8) }
    }

    @Test("agrees with another reader and with Foundation on mutated documents", arguments: 0..<shards)
    func mutated(_ shard: Int) async throws {
        var generator = generator(shard)
        let mutator = JSONMutator(corpus: try corpus(&generator))
        var accepted = 0
        for number in 0..<FuzzSettings.count / Self.shards {
            if number % 32 == 0 { await Task.yield() }  // Tests beside this one wait for events with deadlines.
            let input = mutator.mutant(using: &generator)
            let reference = ReferenceJSON(input)
            #if !canImport(Darwin)
            if let fault = FoundationOpinion.fault(of: reference, on: input) { return report(fault, input) }
            #endif
            let expected = reference.flatMap { ReferenceEnvelope($0, in: input) }
            let envelope: Envelope
            do throws(EventError) {
                envelope = try Envelope(jsonData: Data(input))
            } catch {
                guard case .malformedEnvelope = error else { return report("another error, \(error)", input) }
                guard expected == nil else { return report("should accept, but \(error)", input) }
                continue
            }
            guard let expected else { return report("should refuse", input) }
            guard expected.agrees(with: envelope) else {
                return report("should read otherwise than \(envelope.fields)", input)
            }
            guard survives(envelope) else { return report("does not come back", input) }
            accepted += 1
        }
        #expect(accepted > FuzzSettings.count / Self.shards / 50, "too few inputs are envelopes")
    }

    /// Whether encoding makes JSON for others that reads as an equal envelope, the payload to the byte.
    private func survives(_ envelope: Envelope) -> Bool {
        guard let json = try? envelope.jsonData(), let again = try? Envelope(jsonData: json) else { return false }
        guard let reference = ReferenceJSON([UInt8](json)), !reference.hasTrailingComma else { return false }
        return again == envelope && again.payload == envelope.payload && (try? again.jsonData()) == json
    }

    @Test("generated envelopes come back equal", arguments: 0..<shards)
    func generated(_ shard: Int) async {
        var random = RandomJSON(generator: generator(shard))
        for number in 0..<FuzzSettings.count / Self.shards / 20 {
            if number % 32 == 0 { await Task.yield() }
            let envelope = random.envelope()
            guard let json = try? envelope.jsonData() else {
                return report("is not encoded", Array("\(envelope)".utf8))
            }
            guard (try? Envelope(jsonData: json)) == envelope else {
                return report("does not come back", [UInt8](json))
            }
        }
    }
}

extension Array {
    fileprivate static func * (elements: [Element], count: Int) -> [Element] {
        Array(repeatElement(elements, count: count).joined())
    }
}
