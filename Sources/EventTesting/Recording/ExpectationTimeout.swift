/// The error of a wait whose condition did not come to hold in time.
///
/// It is thrown by ``RecordingObserver/waitUntil(within:_:)`` and ``RecordingBus/expect(within:where:)``; its
/// description lists what had been recorded by then.
public struct ExpectationTimeout: Error, Sendable, Hashable, CustomStringConvertible {
    /// How long the wait lasted.
    public let limit: Duration

    /// What had been recorded when the time was up, one text an entry, in order.
    public let seen: [String]

    /// The limit and, one a line, what had been seen.
    public var description: String {
        let list = seen.isEmpty ? " nothing" : seen.map { "\n  \($0)" }.joined()
        return "not fulfilled within \(limit); seen:\(list)"
    }
}
