import Foundation
import Testing

/// What `ARCHITECTURE.md` names has to exist, and what exists has to be named.
@Suite struct ArchitectureTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let tree = SourceTree(root.appending(path: "Sources"))

    private static func paragraphs() throws -> [String] {
        let text = try String(contentsOf: root.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
        return SourceTree.paragraphs(of: text)
    }

    @Test func `every name in backticks exists`() throws {
        let paragraphs = try Self.paragraphs()
        #expect(paragraphs.flatMap(SourceTree.names).count > 100)
        for paragraph in paragraphs {
            for name in Self.tree.unknownNames(in: paragraph) { Issue.record("no \(name), in: \(paragraph)") }
        }
    }

    @Test(arguments: [
        "`EventCore/Delivrey/`", "`EventCore/Bus`", "`EventMemory/MemoryBuss.swift`", "`MemoryBos` and `MemoryBus`",
        "`EventMemory/MemoryBus.swift`: `MemoryBus.publich`", "`EventMemory/MemoryBus.swift`: `ZMQBus.publish`",
        "`EventMemory/MemoryBus.swift`: `publishNaw`", "`eventbus sup`", "`any Buss`",
        "`EventZMQ/ZMQBus.swift`: `ZMQBus.publish` as `MemoryBus.match` does",
    ])
    func `a name that is misspelt or stands in another file is found`(paragraph: String) {
        #expect(Self.tree.unknownNames(in: paragraph).count == 1)
    }

    @Test func `every step of a walk names a file and a function of it`() throws {
        let steps = try Self.paragraphs().filter { $0.first?.isNumber == true }
        #expect(steps.filter { $0.hasPrefix("1. ") }.count >= 5)
        for step in steps {
            let names = SourceTree.names(in: step)
            #expect(names.count >= 2 && names[0].contains("/"), "\(step)")
            #expect(names.dropFirst().contains { $0.contains(".") && !$0.contains("/") }, "\(step)")
        }
    }

    @Test func `every folder of the sources is named`() throws {
        let named = Set(try Self.paragraphs().flatMap(SourceTree.names))
        #expect(Self.tree.folders.count > 40)
        for folder in Self.tree.folders { #expect(named.contains(folder), "\(folder)") }
    }

    @Test(arguments: tree.targets)
    func `at most seven files stand at the root of a target`(target: String) {
        let files = Self.tree.files.keys.filter { $0.hasPrefix("\(target)/") && $0.hasSuffix(".swift") }
        let atRoot = files.filter { !$0.dropFirst(target.count + 1).contains("/") }
        #expect(atRoot.count <= 7, "\(atRoot.sorted())")
    }

    @Test func `the picture shows what each target imports, top to bottom`() throws {
        let rows = try Self.paragraphs().flatMap { $0.split(separator: "\n") }.filter { $0.contains("→") }.map { row in
            row.split(separator: "→", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(Set(rows.map { $0[0] }) == Set(Self.tree.targets))
        for (place, row) in rows.enumerated() {
            let imported = Set(row[1].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
            #expect(imported == Self.tree.imports(of: row[0]), "\(row[0])")
            #expect(imported.isSubset(of: rows[(place + 1)...].map { $0[0] }), "\(row[0])")
        }
    }
}
