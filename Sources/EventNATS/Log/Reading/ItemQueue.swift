import EventCore

/// What has come and is not read yet: readers wait in it, and whoever fills it does not.
///
/// It has no bound of its own: the servers send only so much before they are told that it was read.
final class ItemQueue<Item: Sendable>: Sendable {
    fileprivate struct State {
        var items: [Item] = []
        var first = 0
        var waiters: [(number: UInt64, waiter: Waiter<Result<Item?, EventError>>)] = []
        var lastNumber: UInt64 = 0
        var end: Result<Void, EventError>?
    }

    private let state = Lock(State())

    /// - Returns: Whether it is taken; not once the queue has ended.
    func offer(_ item: Item) -> Bool {
        let (waiter, isTaken) = state.withLock { state -> (Waiter<Result<Item?, EventError>>?, Bool) in
            guard state.end == nil else { return (nil, false) }
            guard state.waiters.isEmpty else { return (state.waiters.removeFirst().waiter, true) }
            state.items.append(item)
            return (nil, true)
        }
        waiter?.resume(returning: .success(item))
        return isTaken
    }

    /// Ends it; what is in it can still be read.
    func end(_ error: EventError? = nil) {
        let waiters = state.withLock { state in
            if state.end == nil { state.end = error.map { .failure($0) } ?? .success(()) }
            defer { state.waiters = [] }
            return state.waiters
        }
        for (_, waiter) in waiters { waiter.resume(returning: error.map { .failure($0) } ?? .success(nil)) }
    }

    /// The next item, once there is one.
    ///
    /// - Returns: The item; `nil` at the end, and when the task is cancelled.
    /// - Throws: What it was ended with.
    func next() async throws(EventError) -> Item? {
        let number = state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
        let result = await withTaskCancellationHandler {
            await Waiter<Result<Item?, EventError>>.suspend { waiter in
                let result = state.withLock { state -> Result<Item?, EventError>? in
                    if let item = state.take() { return .success(item) }
                    if let end = state.end { return end.map { nil } }
                    state.waiters.append((number, waiter))
                    return nil
                }
                if let result { return waiter.resume(returning: result) }
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
        return try result.get()
    }

    private func cancel(_ number: UInt64) {
        let waiter = state.withLock { state in
            state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0).waiter }
        }
        waiter?.resume(returning: .success(nil))
    }
}

extension ItemQueue.State {
    fileprivate mutating func take() -> Item? {
        guard first < items.count else { return nil }
        let item = items[first]
        first += 1
        // What was read is let go of in large pieces.
        if first == items.count {
            items.removeAll(keepingCapacity: items.count <= 1024)
            first = 0
        } else if first >= 1024 {
            items.removeFirst(first)
            first = 0
        }
        return item
    }
}
