/// A publish that left its envelope with one or more full mailboxes.
///
/// Each of them settles it once, when it admits the envelope or drops it; the publisher is resumed once, by the last.
package final class ParkedPublish: Sendable {
    /// How it ended with one mailbox, and, as the greatest of these, with all of them.
    package enum Outcome: Int, Comparable, Sendable {
        /// The envelope is in the buffer, or the subscription ended.
        case taken
        /// The publisher was cancelled and took it back.
        case withdrawn
        /// The bus was closed.
        case busClosed

        package static func < (left: Outcome, right: Outcome) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        var machine = ParkedPublishStateMachine<Waiter<Void>>()
        var places: [(mailbox: Mailbox, place: Mailbox.ParkingPlace)] = []
    }

    private let state = Lock(State())

    package init() {}

    /// One more mailbox is offered the envelope, and settles it.
    func begin() {
        state.withLock { $0.machine.parked() }
    }

    /// Notes where a mailbox keeps the envelope, before ``wait()`` is called.
    func remember(_ place: Mailbox.ParkingPlace, in mailbox: Mailbox) {
        state.withLock { $0.places.append((mailbox, place)) }
    }

    func settle(_ outcome: Outcome) {
        let waiter = state.withLock { $0.machine.settle(outcome) }
        waiter?.resume()
    }

    /// Waits until no mailbox holds the envelope.
    ///
    /// - Throws: `CancellationError` when the task was cancelled and a mailbox had not taken the envelope yet;
    ///   ``EventError/busClosed`` when the bus was closed meanwhile.
    package func wait() async throws {
        if !state.withLock({ $0.machine.isSettled }) {
            await withTaskCancellationHandler {
                await Waiter.suspend { waiter in
                    let waits = state.withLock { $0.machine.wait(waiter) }
                    if !waits { waiter.resume() }
                }
            } onCancel: {
                for (mailbox, place) in state.withLock({ $0.places }) { mailbox.withdraw(self, at: place) }
            }
        }
        switch state.withLock({ $0.machine.outcome }) {
        case .taken: break
        case .withdrawn: throw CancellationError()
        case .busClosed: throw EventError.busClosed
        }
    }
}
