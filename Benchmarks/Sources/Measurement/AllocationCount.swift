import AllocationCounter
public import Workloads

/// Counts allocations.
public enum AllocationCount {
    /// Whether this system lets a program count its allocations.
    public static var isAvailable: Bool { allocation_counter_is_available() != 0 }

    /// How many allocations a pass makes, all threads of the process taken together.
    ///
    /// The difference of two runs, of which one is twice as long, so that what a run costs once does not count. Each run is
    /// done five times and its least count taken, which is what the work costs undisturbed: what another thread does now and
    /// then, such as a bus's heartbeats, adds to a count and is not done for each pass.
    ///
    /// - Parameters:
    ///   - session: The work; it has been warmed up.
    ///   - passes: How many passes the shorter run does.
    /// - Returns: Allocations per pass, or `nil` where they cannot be counted.
    /// - Throws: What the session throws.
    public static func perPass(of session: Session, passes: Int) async throws -> Double? {
        guard isAvailable else { return nil }
        let short = try await leastCount(session, passes)
        let long = try await leastCount(session, 2 * passes)
        return Double(long - short) / Double(passes)
    }

    /// How many bytes of the heap are in use.
    public static var heapBytes: Int { Int(allocation_counter_heap_bytes()) }

    private static func leastCount(_ session: Session, _ passes: Int) async throws -> Int {
        var least = Int.max
        for _ in 0..<5 {
            allocation_counter_start()
            try await session.run(passes)
            least = min(least, allocation_counter_stop())
        }
        return least
    }
}
