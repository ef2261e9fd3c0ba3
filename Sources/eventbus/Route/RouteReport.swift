import EventCore

/// What became of the envelopes of a route, one row a subscription.
struct RouteReport: Equatable {
    struct Row: Equatable {
        let pattern: String
        let matched: Int
        let delivered: Int
        let dropped: Int
    }

    let rows: [Row]
}

extension RouteReport: CustomStringConvertible {
    /// A table with a headline and without a final newline; numbers stand right.
    var description: String {
        let cells =
            [["pattern", "matched", "delivered", "dropped"]]
            + rows.map { [$0.pattern.printable, "\($0.matched)", "\($0.delivered)", "\($0.dropped)"] }
        let widths = cells[0].indices.map { column in cells.lazy.map { $0[column].count }.max() ?? 0 }

        let lines = cells.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }
            .joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
    }
}
