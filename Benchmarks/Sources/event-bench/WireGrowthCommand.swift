import ArgumentParser
import Foundation
import Measurement

/// Measures what goes between processes as there are more of them, and as payloads grow.
struct WireGrowthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wire-growth",
        abstract: "Measure transfers between processes, 1, 10 and 100 on a side, and payloads from 10 B to 10 MB."
    )

    @Option(help: "How many times each transfer is done.") var rounds = 3
    @Option(help: "Write the table to this file, as Markdown.") var markdown: String?

    func run() async throws {
        let rounds = rounds
        let report = Report()
        let table = try await Task.detached { try Self.table(rounds: rounds) }.value
        print(table)
        guard let markdown else { return }
        let remark = """
            Each publisher and each subscriber is a process with a bus of its own, over
            ipc. A delivery is an envelope that one subscriber reads; all arrived. The time runs from the first publish of all to the
            last delivery of all; processor time is that of all processes. C is the C program that sends the same in one frame, in
            turns with the bus. Medians of \(rounds) rounds.
            """
        try report.write(table, title: "How transfers grow", remark: remark, command: "bench-wire-growth", to: markdown)
    }

    /// 1, 10 and 100 bus processes on either side, and seven lengths of payload between two.
    private static var transfers: [Transfer] {
        let payloads = [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000].map { payload in
            Transfer(kind: .ipc, count: min(1_000_000, 500_000_000 / payload), payload: payload)
        }
        let shapes = [(1, 10), (1, 100), (10, 1), (100, 1), (10, 10)].map { publishers, subscribers in
            let count = 1_000_000 / publishers / subscribers
            return Transfer(kind: .ipc, count: count, payload: 100, publishers: publishers, subscribers: subscribers)
        }
        return payloads + shapes
    }

    private static func table(rounds: Int) throws -> String {
        var lines = [
            "| publishers | subscribers | payload, bytes | deliveries per second | to C | MB per second | "
                + "processor time per delivery | C's to it |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for transfer in transfers {
            let shape = "\(transfer.publishers) | \(transfer.subscribers) | \(transfer.payload)"
            FileHandle.standardError.write(Data("\(shape) …\n".utf8))
            var (ours, others): ([Transfer.Cost], [Transfer.Cost]) = ([], [])
            for _ in 0..<rounds {
                ours.append(try transfer.run(from: .bus, to: .bus))
                others.append(try transfer.run(from: .cOneFrame, to: .cOneFrame))
            }
            let deliveries = Double(transfer.count * transfer.publishers * transfer.subscribers)
            let (seconds, secondsInC) = (median(ours, \.seconds), median(others, \.seconds))
            let (processor, processorInC) = (median(ours, \.processor), median(others, \.processor))
            let figures = [
                String(format: "%.0f", deliveries / seconds),
                String(format: "%.2f", secondsInC / seconds),
                String(format: "%.1f", deliveries / seconds * Double(transfer.payload) / 1e6),
                String(format: "%.2f µs", processor / Double(transfer.subscribers) * 1e6),
                String(format: "%.2f", processorInC / processor),
            ]
            lines.append("| \(shape) | \(figures.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func median(_ costs: [Transfer.Cost], _ figure: (Transfer.Cost) -> Double) -> Double {
        Timing(costs.map(figure)).median
    }
}
