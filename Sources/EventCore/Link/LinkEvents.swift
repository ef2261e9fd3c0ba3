/// What changes about the link of a bus, as it happens; ends when the bus is closed.
///
/// Every iterator begins with what is the case when it is made: a ``LinkEvent/connected(endpoint:)`` for each peer that is
/// connected, and for each endpoint that nobody is connected through why, as far as that was told. It goes on with what
/// happens from then on. It keeps up to 1024 events, the latest, for a slow reader.
public struct LinkEvents: AsyncSequence, Sendable {
    /// What the sequence yields.
    public typealias Element = LinkEvent
    /// The sequence does not fail.
    public typealias Failure = Never

    private let makeStream: @Sendable () -> AsyncStream<LinkEvent>

    /// Creates events that come from a stream, which is made anew for each iterator.
    package init(_ makeStream: @escaping @Sendable () -> AsyncStream<LinkEvent>) {
        self.makeStream = makeStream
    }

    /// Makes an iterator.
    ///
    /// - Returns: The iterator.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: makeStream().makeAsyncIterator())
    }

    /// Takes events as they come.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var base: AsyncStream<LinkEvent>.Iterator

        /// Waits for the next event.
        ///
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next() async -> LinkEvent? {
            await base.next(isolation: #isolation)
        }

        /// Waits for the next event without leaving an actor.
        ///
        /// - Parameter actor: The actor to stay on.
        /// - Returns: The event, or `nil` when the bus is closed or the task is cancelled.
        public mutating func next(isolation actor: isolated (any Actor)?) async -> LinkEvent? {
            await base.next(isolation: actor)
        }
    }
}
