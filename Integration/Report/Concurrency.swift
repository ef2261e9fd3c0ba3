extension Sequence where Element: Sendable {
    /// Does something with one after the other, and keeps what comes of it.
    func asyncMap<Outcome>(_ body: (Element) async throws -> Outcome) async rethrows -> [Outcome] {
        var outcomes: [Outcome] = []
        for element in self { outcomes.append(try await body(element)) }
        return outcomes
    }

    /// Does something with all at the same time.
    func concurrently(_ body: @escaping @Sendable (Element) async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            for element in self { group.addTask { try await body(element) } }
            try await group.waitForAll()
        }
    }
}
