import Foundation

/// The rows of the report, for a terminal and for the documentation.
struct Table {
    private static let columns = ["sent", "received", "lost", "dropped", "unexplained", "settled"]
    private static let width = 11

    var rows: [Row] = []
    private let nameWidth: Int

    /// Creates a table without rows.
    ///
    /// - Parameter names: The scenarios that are to come.
    init(names: [String]) {
        nameWidth = names.map(\.count).max() ?? 0
    }

    // MARK: For a terminal

    var heading: String { line("scenario", Self.columns) }

    func line(_ row: Row) -> String { line(row.name, Self.cells(row)) + (row.isSound ? "" : "  FAILED") }

    private func line(_ name: String, _ cells: [String]) -> String {
        name.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: max(1, Self.width + 1 - $0.count)) + $0 }.joined()
    }

    private static func cells(_ row: Row) -> [String] {
        [row.sent, row.received, row.lost, row.dropped, row.unexplained].map(String.init)
            + ["\(Int(row.settling / .milliseconds(1))) ms"]
    }

    // MARK: For the documentation

    /// A page of the documentation.
    var article: String {
        """
        # What is lost, and what is told

        What `make loss-report` found when it lost envelopes on purpose.

        ## Overview

        Each row is a scenario with buses in processes of their own, over real sockets. *Sent* is what the publishers \
        count for each subscriber, *received* and *lost* what the subscribers count, *dropped* how many of those received \
        found the buffer of a subscription full or readers too slow. *Unexplained* is what remains, pair by pair: sent - \
        received - lost. The processes also count themselves what they publish and read, and that has to be the same. \
        *Settled* is how long after the last publish, or the end of the disturbance, the accounts were right. The last \
        rows are those over NATS, which `make loss-report FILTER=NATS` runs alone.

        | scenario | \(Self.columns.joined(separator: " | ")) |
        | :--- |\(String(repeating: " ---: |", count: Self.columns.count))
        \(rows.map { "| \($0.name) | \(Self.cells($0).joined(separator: " | ")) |" }.joined(separator: "\n"))

        """
    }
}
