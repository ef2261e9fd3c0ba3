/// A condition that did not come to hold in time.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
}

/// Waits for something that nothing announces.
///
/// - Parameters:
///   - limit: How long to wait for it.
///   - state: What to say when it does not come to hold.
///   - condition: What has to hold.
/// - Throws: ``NotInTime``, and what the condition throws.
package func eventually(
    within limit: Duration = .seconds(30),
    _ state: @autoclosure () -> String = "a condition did not come to hold",
    _ condition: () async throws -> Bool
) async throws {
    guard try await holds(within: limit, condition) else { throw NotInTime(description: "\(state()), within \(limit)") }
}

/// Lets time pass in which something would show that must not happen, and of which nobody tells that it is over.
package func lookOn(for time: Duration = .seconds(1)) async throws { try await Task.sleep(for: time) }

/// Looks at something that nothing announces until it is as wanted.
///
/// - Returns: Whether it was in time.
package func holds(within limit: Duration, _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard .now < deadline else { return false }
        // Between looks the processor is left to those who are waited for.
        try await Task.sleep(for: .milliseconds(2))
    }
    return true
}
