/// Work that runs beside a case, so that "does not return" is an outcome to report rather than a case that hangs.
struct Attempt<Value: Sendable>: Sendable {
    let task: Task<Void, Never>
    private let results: Journal<Result<Value, any Error>>

    init(on executor: (any TaskExecutor)? = nil, _ work: @escaping @Sendable () async throws -> Value) {
        let results = Journal<Result<Value, any Error>>()
        self.results = results
        task = Task(executorPreference: executor) {
            do {
                results.append(.success(try await work()))
            } catch {
                results.append(.failure(error))
            }
        }
    }

    /// How the work ended; nil while it has not.
    var outcome: Result<Value, any Error>? { results.entries.first }

    var isFinished: Bool { outcome != nil }

    /// How the work ended, or nil when it has not within the limit.
    func result(within limit: Duration) async throws -> Result<Value, any Error>? {
        try await results.entries(within: limit) { !$0.isEmpty }?.first
    }
}
