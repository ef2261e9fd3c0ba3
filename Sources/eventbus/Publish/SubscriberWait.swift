import EventCore

/// Waits until enough subscribers are ready, once.
struct SubscriberWait: Sendable {
    let link: any BusLink
    let count: Int
    let limit: TimeLimit
    /// Tells why there are none, until they are there.
    let narration: Task<Void, Never>

    /// - Throws: ``TooFewSubscribers`` when the time is up; what the bus throws.
    func callAsFunction(for envelope: Envelope) async throws {
        let subject = envelope.subject
        defer { narration.cancel() }
        guard try await link.waitForSubscribers(of: subject, atLeast: count, timeout: limit.duration) else {
            throw TooFewSubscribers(subject: subject, count: count, limit: limit)
        }
    }
}

/// Not as many subscribers came as were asked for.
struct TooFewSubscribers: Error, CustomStringConvertible {
    let subject: Subject
    let count: Int
    let limit: TimeLimit

    var description: String {
        """
        nothing was published: fewer than \(count) subscribers of \(subject.rawValue.printable) within \(limit). Start \
        them, check that one side binds what the other connects to, or allow more time with --within.
        """
    }
}
