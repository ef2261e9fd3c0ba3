import Foundation

/// The files and folders under a folder, and what the files declare, for documents that speak of them.
struct SourceTree: Sendable {
    /// The types that a file declares or extends, and the functions, properties and cases.
    private struct Declarations: Sendable {
        var types: Set<String> = []
        var members: Set<String> = []
    }

    /// The text of each file by its path.
    private(set) var files: [String: String] = [:]
    /// The paths of the folders that hold sources, each with a slash at its end.
    private(set) var folders: Set<String> = []
    private var declarations: [String: Declarations] = [:]

    /// Reads a folder; documentation catalogs and the headers of C targets do not count as folders.
    init(_ root: URL) {
        for path in FileManager.default.enumerator(atPath: root.path)?.compactMap({ $0 as? String }) ?? [] {
            guard !path.contains(".docc") else { continue }
            let place = root.appending(path: path)
            if (try? place.resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory == true {
                if !path.hasSuffix("/include") { folders.insert(path + "/") }
            } else if let text = try? String(contentsOf: place, encoding: .utf8) {
                files[path] = text
                if path.hasSuffix(".swift") { declarations[path] = Self.declarations(in: text) }
            }
        }
    }

    /// The folders at the top, without a slash.
    var targets: [String] {
        folders.filter { $0.split(separator: "/").count == 1 }.map { String($0.dropLast()) }.sorted()
    }

    /// The targets that the files of a target import.
    func imports(of target: String) -> Set<String> {
        var imported: Set<String> = []
        for (path, text) in files where path.hasPrefix("\(target)/") && path.hasSuffix(".swift") {
            for line in text.split(separator: "\n") where line.contains("import ") && !line.contains("//") {
                let words = line.split(separator: " ")
                guard let place = words.firstIndex(of: "import"), place + 1 < words.count else { continue }
                imported.insert(String(words[place + 1]))
            }
        }
        return imported.intersection(targets)
    }

    // MARK: Names

    /// What is said at a time: a block, a row of a table, a step of a list with the lines that go on with it, or a paragraph.
    static func paragraphs(of text: String) -> [String] {
        var paragraphs: [String] = []
        var goesOn = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let begins = line.isEmpty || line.first == "|" || line.first?.isNumber == true || !goesOn
            if begins { paragraphs.append(String(line)) } else { paragraphs[paragraphs.count - 1] += "\n" + line }
            goesOn = !line.isEmpty && line.first != "|"
        }
        return paragraphs.filter { !$0.isEmpty }
    }

    /// What stands in backticks.
    static func names(in paragraph: String) -> [String] {
        guard !paragraph.hasPrefix("```") else { return [] }
        let parts = paragraph.split(separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0.isMultiple(of: 2) == false }.map { String(parts[$0]) }
    }

    /// The names in a paragraph that stand for nothing: no file or folder, and no declaration in the files that the paragraph
    /// names, or in any where it names none.
    func unknownNames(in paragraph: String) -> [String] {
        let names = Self.names(in: paragraph)
        let named = names.compactMap { declarations[$0] }
        return names.filter { !isKnown($0, in: named.isEmpty ? Array(declarations.values) : named) }
    }

    private func isKnown(_ name: String, in declarations: [Declarations]) -> Bool {
        if name == "Sources/" || folders.contains(name + "/") { return true }
        if name.contains("/") { return files[name] != nil || folders.contains(name) }
        if name.hasPrefix("eventbus ") { return isCommand(String(name.dropFirst("eventbus ".count))) }
        let type = name.hasPrefix("any ") ? name.dropFirst("any ".count) : name[...]
        let parts = type.split(separator: ".").map(String.init)
        guard let last = parts.last else { return false }
        return declarations.contains { file in
            guard last.first?.isLowercase == true else { return file.types.contains(last) }
            return file.members.contains(last) && parts.dropLast().allSatisfy(file.types.contains)
        }
    }

    /// Whether the program has a command of this name.
    private func isCommand(_ name: String) -> Bool {
        files.contains { $0.key.hasPrefix("eventbus/") && $0.value.contains("commandName: \"\(name)\"") }
    }

    private static func declarations(in text: String) -> Declarations {
        let typeWords: Set = ["struct", "class", "enum", "protocol", "actor", "extension", "typealias"]
        let memberWords: Set = ["func", "var", "let", "case"]
        var found = Declarations()
        for line in text.split(separator: "\n") where !line.drop(while: \.isWhitespace).hasPrefix("//") {
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
            for (word, next) in zip(words, words.dropFirst()) {
                if typeWords.contains(word) { found.types.insert(next) }
                if memberWords.contains(word) { found.members.insert(next) }
            }
        }
        return found
    }
}
