package import Foundation

/// A line of input: an envelope whose id is a number.
package func envelopeLine(_ subject: String, id: Int, headers: [String: String] = [:]) -> String {
    let headers = headers.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }.joined(separator: ",")
    return """
        {"id":"\(id)","subject":"\(subject)","time":"2026-04-27T10:11:12.123456789Z"\
        \(headers.isEmpty ? "" : ",\"headers\":{\(headers)}"),"payload":{"n":\(id)}}
        """
}

/// Input of many envelopes, whose subjects alternate between `a.0` and `b.1`.
package func alternatingLines(_ count: Int) -> Data {
    Data((0..<count).map { envelopeLine($0 % 2 == 0 ? "a.0" : "b.1", id: $0) + "\n" }.joined().utf8)
}

/// A row of the table at the end.
package struct Counts: Equatable, Sendable {
    package let matched: Int
    package let delivered: Int
    package let dropped: Int

    package init(matched: Int, delivered: Int, dropped: Int) {
        (self.matched, self.delivered, self.dropped) = (matched, delivered, dropped)
    }
}

extension Program.Outcome {
    /// The table at the end, by pattern.
    package var table: [String: Counts] {
        let lines = errors.split(separator: "\n").drop { !$0.hasPrefix("pattern ") }.dropFirst()
        let rows = lines.map { line in
            let cells = line.split(separator: " ")
            let counts = cells.suffix(3).compactMap { Int($0) }
            return (String(cells[0]), Counts(matched: counts[0], delivered: counts[1], dropped: counts[2]))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }

    /// The ids of text lines, per pattern, in the order of the output; the payloads hold them.
    package var printedIDs: [String: [Int]] {
        Dictionary(grouping: lines) { String($0.prefix { $0 != " " }) }
            .mapValues { $0.compactMap { line in Int(line.drop { $0 != "{" }.filter(\.isWholeNumber)) } }
    }
}

/// Runs `body` with the path of a file that holds `contents`.
package func withTemporaryFile<R>(_ contents: Data, _ body: (String) async throws -> R) async throws -> R {
    let url = FileManager.default.temporaryDirectory.appending(path: "eventbus-\(UUID().uuidString).jsonl")
    try contents.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}

/// The last line of `eventbus sub` when nothing was lost.
package func noLoss(received: Int) -> String {
    "received \(received), lost 0, dropped 0, malformed 0"
}

/// Runs `body` with the path of a directory of its own.
package func withTemporaryDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
    let url = FileManager.default.temporaryDirectory.appending(path: "eventbus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: url) }
    return try await body(url.path)
}
