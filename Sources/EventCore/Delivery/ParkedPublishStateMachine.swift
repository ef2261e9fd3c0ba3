/// The decisions of a publish that left its envelope with one or more full mailboxes and waits for the last of them.
struct ParkedPublishStateMachine<Waiter: Sendable>: Sendable {
    private var outstanding = 0
    private var waiter: Waiter?
    private(set) var outcome = ParkedPublish.Outcome.taken

    /// One more mailbox holds the envelope.
    mutating func parked() {
        outstanding += 1
    }

    /// One mailbox no longer holds the envelope.
    ///
    /// - Returns: The publisher to resume, when that was the last and it waits.
    mutating func settle(_ settlement: ParkedPublish.Outcome) -> Waiter? {
        outstanding -= 1
        outcome = max(outcome, settlement)
        guard outstanding == 0 else { return nil }
        defer { waiter = nil }
        return waiter
    }

    /// The publisher has nothing left to do.
    ///
    /// - Returns: Whether it has to wait.
    mutating func wait(_ waiter: Waiter) -> Bool {
        guard outstanding > 0 else { return false }
        self.waiter = waiter
        return true
    }

    var isSettled: Bool { outstanding == 0 }
}
