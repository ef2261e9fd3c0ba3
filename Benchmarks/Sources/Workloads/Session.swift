/// Work that is ready to be done any number of times.
public struct Session: Sendable {
    /// Does so many passes of the work; the loop is inside, so that calling it costs nothing per pass.
    public let run: @Sendable (_ passes: Int) async throws -> Void
    /// Ends it and frees what it holds.
    public let end: @Sendable () async -> Void

    /// Creates a session from what it does.
    public init(
        run: @escaping @Sendable (_ passes: Int) async throws -> Void,
        end: @escaping @Sendable () async -> Void = {}
    ) {
        self.run = run
        self.end = end
    }
}
