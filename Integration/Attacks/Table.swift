import Foundation

/// The rows, for a terminal and for the documentation.
struct Table {
    private static let columns = ["lost", "publish", "subscribe", "before", "during", "after"]
    private static let width = 9

    var rows: [Row] = []
    private let nameWidth: Int

    /// Creates a table without rows.
    ///
    /// - Parameter names: The attacks that are to come.
    init(names: [String]) {
        nameWidth = names.map(\.count).max() ?? 0
    }

    // MARK: For a terminal

    var heading: String { line("attack", Self.columns, "verdict") }

    func line(_ row: Row) -> String { line(row.name, Self.cells(row), row.verdict) }

    private func line(_ name: String, _ cells: [String], _ verdict: String) -> String {
        name.padding(toLength: nameWidth, withPad: " ", startingAt: 0)
            + cells.map { String(repeating: " ", count: max(1, Self.width + 1 - $0.count)) + $0 }.joined()
            + "  \(verdict)"
    }

    private static func cells(_ row: Row) -> [String] {
        let memory = [row.memory.before, row.memory.during, row.memory.after].map { "\(Int($0.rounded())) MB" }
        return ["\(row.lost)"] + [row.worstPublish, row.worstSubscribe].map(milliseconds) + memory
    }

    private static func milliseconds(_ time: Double) -> String {
        time < 100 ? String(format: "%.1f ms", time) : "\(Int(time.rounded())) ms"
    }

    // MARK: For the documentation

    /// A page of the documentation.
    var article: String {
        """
        # What an attack does

        What `make attack` found when it attacked a bus in many ways.

        ## Overview

        In each row a bus in a process of its own, the victim, is attacked, while an honest peer exchanges an envelope a \
        millisecond with it in each direction. *Lost* is how many of those did not arrive. *Publish* and *subscribe* are the \
        longest calls of the victim, *before*, *during* and *after* the memory it had resident. The first rows are the \
        same without an attack. An attack is *held* when the victim lives, nothing of the honest pair is lost or said to \
        be, whoever comes afterwards is served, no connection of the attacker is left, the memory stays within the \
        attack's budget, and no publish takes 50 ms longer than the longest without an attack, unless the verdict says \
        what is allowed. The last rows are those over NATS, which `make attack FILTER=NATS` runs alone.

        | attack | \(Self.columns.joined(separator: " | ")) | verdict |
        | :--- |\(String(repeating: " ---: |", count: Self.columns.count)) :--- |
        \(rows.map { "| \($0.name) | \(Self.cells($0).joined(separator: " | ")) | \($0.verdict) |" }
            .joined(separator: "\n"))

        """
    }
}
