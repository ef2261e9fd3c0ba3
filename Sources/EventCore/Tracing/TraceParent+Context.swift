import ServiceContextModule

extension TraceParent {
    private enum Key: ServiceContextKey { typealias Value = TraceParent }

    /// What ``withCurrent(_:_:)`` has put into a context.
    static func standing(in context: ServiceContext) -> TraceParent? { context[Key.self] }

    /// Does work in a task that carries this trace, for tests, which cannot bootstrap an instrument in a process of others.
    package static func withCurrent<Result>(
        _ trace: TraceParent,
        _ work: () async throws -> Result
    ) async rethrows -> Result {
        var context = ServiceContext.current ?? .topLevel
        context[Key.self] = trace
        return try await ServiceContext.withValue(context) { try await work() }
    }
}
