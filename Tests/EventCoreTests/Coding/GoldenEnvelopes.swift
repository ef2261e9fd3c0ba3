import Foundation
import Testing

/// The lines of `Golden/envelopes.jsonl`, as Go's `encoding/json` wrote them.
enum GoldenEnvelopes {
    struct Missing: Error {}

    static func lines() throws -> [Data] {
        guard let url = Bundle.module.url(forResource: "envelopes", withExtension: "jsonl", subdirectory: "Golden")
        else { throw Missing() }
        return try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).map { Data($0) }
    }

    static func line(_ number: Int) throws -> Data {
        let lines = try lines()
        return try #require(number <= lines.count ? lines[number - 1] : nil)
    }
}
