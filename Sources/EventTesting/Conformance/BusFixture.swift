public import EventCore
import EventMemory

/// The buses one run of a conformance case works on: one bus, or two that are linked.
///
/// The case publishes on ``publisher`` and subscribes on ``subscriber``. Whoever runs the case closes both when it is
/// over, whatever its outcome, so a fixture is good for one run.
public struct BusFixture: Sendable {
    /// The bus the case publishes on; the observer of the run belongs on this one, and on the other if it can.
    public let publisher: any Bus

    /// The bus the case subscribes on; what is published on the other arrives here.
    public let subscriber: any Bus

    /// The bus that both of them wrap, if they do, so that its `Bus.link` has to be theirs.
    public let wrapped: (any Bus)?

    /// How long to wait for something that must happen.
    ///
    /// Only a broken bus makes a case wait that long.
    public let waitFor: Duration

    /// How long to watch for something that must not happen.
    ///
    /// A sound bus makes a case wait that long.
    public let stayQuiet: Duration

    let droppedCount: (@Sendable () -> Int)?
    let settle: @Sendable (Subscription, Subject) async throws -> Void

    /// Creates a fixture.
    ///
    /// - Parameters:
    ///   - publisher: The bus to publish on.
    ///   - subscriber: The bus to subscribe on; the same one, or one that is linked to it.
    ///   - wrapped: The bus that both of them wrap, if they do. With a `StubLinkedBus` the suite sees whether they forward
    ///     its link; with a bus that has none, whether they make one up.
    ///   - waitFor: How long to wait for something that must happen.
    ///   - stayQuiet: How long to watch for something that must not happen.
    ///   - settle: Waits until a new subscription is in effect across the link, given the subscription and a subject
    ///     it matches. It must leave nothing behind in the subscription. One bus needs none.
    ///   - droppedCount: Reads the bus's own count of envelopes dropped because a buffer was full, if it keeps one; a
    ///     `MemoryBus` is asked without being named here.
    public init(
        publisher: any Bus,
        subscriber: any Bus,
        wrapping wrapped: (any Bus)? = nil,
        waitFor: Duration = .seconds(5),
        stayQuiet: Duration = .milliseconds(100),
        settle: @escaping @Sendable (Subscription, Subject) async throws -> Void = { _, _ in },
        droppedCount: (@Sendable () -> Int)? = nil
    ) {
        self.publisher = publisher
        self.subscriber = subscriber
        self.wrapped = wrapped
        self.waitFor = waitFor
        self.stayQuiet = stayQuiet
        let memory = subscriber as? MemoryBus ?? wrapped as? MemoryBus
        self.droppedCount = droppedCount ?? memory.map { bus in { @Sendable in bus.droppedCount } }
        self.settle = settle
    }
}
