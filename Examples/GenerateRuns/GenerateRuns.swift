import ArgumentParser
import EventCore
import Foundation

/// Prints the envelopes of two graph runs and two kanban boards that are at work at the same time, as JSON lines.
///
/// The same seed gives the same bytes; `Examples/runs.jsonl` is the output for the default one.
@main
struct GenerateRuns: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "GenerateRuns",
        abstract: "Print sample envelopes, one JSON object a line."
    )

    @Option(help: "What the sample is drawn from; the same seed gives the same bytes.")
    var seed: UInt64 = 1

    func run() throws {
        var random = SeededGenerator(seed: seed)
        var envelopes: [Envelope] = []
        for run in GraphRun.samples { envelopes += try run.script(random: random.split()).envelopes }
        for board in KanbanBoard.samples { envelopes += try board.script(random: random.split()).envelopes }
        envelopes.sort { $0.time < $1.time }

        var ids = SampleIDs(random: &random)
        var output = Data()
        for var envelope in envelopes {
            envelope.id = ids.next(at: envelope.time)
            output += try envelope.jsonData()
            output.append(UInt8(ascii: "\n"))
        }
        try FileHandle.standardOutput.write(contentsOf: output)
    }
}
