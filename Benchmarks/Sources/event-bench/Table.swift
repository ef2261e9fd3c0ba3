import Foundation
import Measurement

/// Prints rows as a table that is Markdown as well.
struct Table {
    private static let head = ["row", "work", "ours", "to reach", "allocations", "instructions", "times as good as"]
    private var lines: [[String]] = [head]

    /// Adds a row.
    mutating func add(_ row: Row) {
        let peers = row.peers.map { peer in
            let goal = peer.goal.map { " (≥ \(number($0)) \(peer.ratio >= $0 ? "✓" : "✗"))" } ?? ""
            return "\(peer.name) \(number(peer.ratio))\(goal)"
        }
        .joined(separator: ", ")
        lines.append([
            row.name,
            row.work,
            text(row.figure.median, row),
            target(of: row),
            row.allocations.map(number) ?? "",
            row.instructions.map { String(Int($0.rounded())) } ?? "",
            peers,
        ])
    }

    /// The table, each column as wide as it has to be.
    var text: String {
        let widths = Self.head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var rows = lines.map { line in
            zip(line, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }.joined(separator: " | ")
        }
        rows.insert(widths.map { String(repeating: "-", count: $0) }.joined(separator: " | "), at: 1)
        return rows.map { "| \($0) |" }.joined(separator: "\n")
    }

    private func target(of row: Row) -> String {
        guard let target = row.target, let isReached = row.reachesTarget else { return "" }
        return "\(row.unit == .perSecond ? "≥" : "≤") \(text(target, row)) \(isReached ? "✓" : "✗")"
    }

    private func text(_ value: Double, _ row: Row) -> String {
        switch row.unit {
        case .nanoseconds: "\(number(value)) ns"
        case .microseconds: "\(number(value)) µs"
        case .bytes: "\(number(value)) B"
        case .perSecond: "\(number(value / 1000)) k/s"
        }
    }

    /// Three digits, or as many as there are before the point.
    private func number(_ value: Double) -> String {
        if value.magnitude < 0.005 { return "0" }
        let digits = value.magnitude >= 100 ? 0 : value.magnitude >= 10 ? 1 : 2
        return String(format: "%.\(digits)f", value)
    }
}
