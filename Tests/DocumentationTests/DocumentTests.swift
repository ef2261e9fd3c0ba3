import Foundation
import Testing

/// Every document that has Swift blocks is compared with the Swift files of this folder, which compile and run, and with
/// the first example, which CI builds and runs.
@Suite struct DocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The README and the pages of all catalogs, by their paths.
    static let documents: [String] = {
        let catalogs = paths(in: "Sources").flatMap { paths(in: $0) }.filter { $0.hasSuffix(".docc") }
        return ["README.md"] + catalogs.flatMap { paths(in: $0) }.filter { $0.hasSuffix(".md") }.sorted()
    }()

    private static let snippets: [[String]] = {
        let files = paths(in: "Tests/DocumentationTests").filter { $0.hasSuffix("Snippets.swift") }
        return (files + ["Examples/Quickstart/Sources/Quickstart/Quickstart.swift"]).compactMap { try? lines(of: $0) }
    }()

    private static func paths(in folder: String) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
        return (names ?? []).map { "\(folder)/\($0)" }
    }

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

    @Test(arguments: documents)
    func `every Swift block stands in the snippets, which compile and run`(document: String) throws {
        for block in Self.blocks("swift", in: try Self.lines(of: document)) {
            let stands = Self.snippets.contains { lines in
                lines.indices.contains { lines[$0...].starts(with: block) }
            }
            #expect(stands, "not in the snippets:\n\(block.joined(separator: "\n"))")
        }
    }

    @Test(arguments: [("README.md", 3), ("Sources/EventCore/EventCore.docc/Consuming.md", 5)])
    func `blocks are found`(document: String, count: Int) throws {
        #expect(Self.documents.contains(document))
        #expect(Self.blocks("swift", in: try Self.lines(of: document)).count >= count)
    }

    @Test func `the README is short, and every page and file that it links to exists`() throws {
        let lines = try Self.lines(of: "README.md")
        #expect(lines.count <= 151)  // with what follows the last line
        let links = lines.joined(separator: "\n").matches(of: /\]\(([^):#]+)\)/).map { String($0.output.1) }
        #expect(links.count > 10)
        for link in links {
            #expect(FileManager.default.fileExists(atPath: Self.root.appending(path: link).path), "\(link)")
        }
    }

    @Test func `every library has a landing page`() throws {
        let libraries = try Self.lines(of: "Package.swift").filter { $0.hasPrefix(".library(name: ") }
            .compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(libraries.count >= 8)
        for library in libraries {
            #expect(Self.documents.contains("Sources/\(library)/\(library).docc/\(library).md"), "\(library)")
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
