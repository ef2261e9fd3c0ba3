import EventCore
import Foundation
import ProcessSupport
import Testing

@Suite struct ExampleTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Examples/runs.jsonl").standardizedFileURL

    @Test func `the generator makes the committed file again, byte for byte`() async throws {
        let outcome = try await Program.run(["--seed", "1"], of: "GenerateRuns")
        #expect(outcome.status == 0)
        let committed = try String(contentsOf: Self.file, encoding: .utf8)
        #expect(outcome.output.utf8.elementsEqual(committed.utf8))
    }

    @Test func `every line of the file is an envelope that is encoded as it stands`() throws {
        let lines = try Data(contentsOf: Self.file).split(separator: UInt8(ascii: "\n"))
        #expect(lines.count > 3000)
        var ids = Set<String>()
        var times: [Date] = []
        for line in lines {
            let envelope = try Envelope(jsonData: Data(line))
            #expect(try envelope.jsonData() == Data(line))
            ids.insert(envelope.id)
            times.append(envelope.time)
        }
        #expect(ids.count == lines.count)
        #expect(times == times.sorted())
    }

    @Test func `another seed makes other bytes`() async throws {
        let outcome = try await Program.run(["--seed", "2"], of: "GenerateRuns")
        #expect(outcome.status == 0)
        #expect(try outcome.output != String(contentsOf: Self.file, encoding: .utf8))
    }
}
