import Foundation
import Testing

@Suite struct ReadmeTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func lines(of path: String) throws -> [String] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The lines of each fenced block in one language.
    private static func blocks(_ language: String, in lines: [String]) -> [[String]] {
        var blocks: [[String]] = []
        var open = false
        for line in lines {
            switch line {
            case "```" + language:
                open = true
                blocks.append([])
            case "```": open = false
            case let line where open: blocks[blocks.count - 1].append(line)
            default: break
            }
        }
        return blocks
    }

    @Test func `every Swift block of the README stands in the snippets, which compile and run`() throws {
        let snippets = try Self.lines(of: "Tests/DocumentationTests/ReadmeSnippets.swift")
        let blocks = Self.blocks("swift", in: try Self.lines(of: "README.md"))
        #expect(blocks.count >= 8)
        for block in blocks {
            let stands = snippets.indices.contains { snippets[$0...].starts(with: block) }
            #expect(stands, "not in the snippets:\n\(block.joined(separator: "\n"))")
        }
    }

    @Test func `every make target that the README names exists`() throws {
        let makefile = try Self.lines(of: "Makefile")
        let named = Self.blocks("sh", in: try Self.lines(of: "README.md")).joined()
            .compactMap { $0.split(separator: " ").dropFirst().first }
        #expect(named.count >= 2)
        for target in named { #expect(makefile.contains { $0.hasPrefix("\(target):") }, "no target \(target)") }
    }
}
