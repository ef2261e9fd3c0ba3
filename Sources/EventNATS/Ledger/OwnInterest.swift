import EventCore

/// What the bus has told others that it wants, and wanted before.
///
/// Each change has a number, the version. Publishers say for which version they have counted, so what it was is remembered
/// for a while.
struct OwnInterest: Sendable {
    private struct Term: Sendable {
        var pattern: Pattern
        var from: UInt64
        /// The version in which it is not wanted any more.
        var to: UInt64?
    }

    private static let maximumEnded = 1024

    private var terms: [UInt64: Term] = [:]
    private var current: [Pattern: UInt64] = [:]
    private var index = PatternIndex<UInt64>()
    private var ended: [UInt64] = []
    private(set) var version: UInt64 = 0

    var patterns: [Pattern] { current.keys.sorted() }

    /// Adds or removes a pattern; `nil` when it is there, or not, already.
    mutating func change(_ pattern: Pattern, isWanted: Bool) -> InterestChange? {
        guard isWanted == (current[pattern] == nil) else { return nil }
        version += 1
        if isWanted {
            terms[version] = Term(pattern: pattern, from: version)
            current[pattern] = version
            index.insert(version, for: pattern)
        } else if let term = current.removeValue(forKey: pattern) {
            terms[term]?.to = version
            ended.append(term)
            if ended.count > Self.maximumEnded { forget(ended.removeFirst()) }
        }
        return InterestChange(version: version, pattern: pattern, isWanted: isWanted)
    }

    private mutating func forget(_ term: UInt64) {
        if let pattern = terms.removeValue(forKey: term)?.pattern { index.remove(term, for: pattern) }
    }

    /// Whether the bus wanted a subject in a version.
    func wanted(_ subject: Subject, in version: UInt64) -> Bool {
        var isWanted = false
        index.forEachMatch(of: subject) { id in
            guard let term = terms[id] else { return }
            if term.from <= version, version < term.to ?? .max { isWanted = true }
        }
        return isWanted
    }

    /// What all subjects begin with that are wanted.
    var commonPrefix: String {
        guard var prefix = current.first?.key.literalPrefix.utf8[...] else { return "" }
        for pattern in current.keys {
            let other = pattern.literalPrefix.utf8
            prefix = prefix.prefix(zip(prefix, other).prefix { $0 == $1 }.count)
        }
        return String(decoding: prefix, as: UTF8.self)
    }
}
