import EventCore
import Synchronization

/// Hands commands to the service thread, in order, and wakes it.
final class CommandQueue: Sendable {
    private struct State {
        var commands: [Command] = []
        var isClosed = false
        var lastID: UInt64 = 0
    }

    let wakeUp: WakeUp
    private let state = Lock(State())

    init() throws(EventError) {
        wakeUp = try WakeUp()
    }

    /// Puts a command behind the others; one that comes too late is answered with ``Command/Outcome/closed``.
    func post(_ command: Command) {
        let (isLate, isFirst) = state.withLock { state in
            guard !state.isClosed else { return (true, false) }
            state.commands.append(command)
            return (false, state.commands.count == 1)
        }
        if isLate { command.waiter?.resume(returning: .closed) }
        if isFirst { wakeUp.wake() }
    }

    /// Posts a command and waits until it is answered; a cancelled task does not wait.
    func perform(_ command: (UInt64, Waiter<Command.Outcome>) -> Command) async -> Command.Outcome {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return await withTaskCancellationHandler {
            await Waiter.suspend { waiter in
                post(command(id, waiter))
                // The handler may have run before there was anything to cancel.
                if Task.isCancelled { post(.cancel(id: id)) }
            }
        } onCancel: {
            post(.cancel(id: id))
        }
    }

    /// The commands since the last call.
    func take() -> [Command] {
        state.withLock { state in
            defer { state.commands = [] }
            return state.commands
        }
    }

    /// Lets no further command in.
    ///
    /// - Returns: The commands that nobody has taken.
    func close() -> [Command] {
        defer { wakeUp.close() }
        return state.withLock { state in
            state.isClosed = true
            defer { state.commands = [] }
            return state.commands
        }
    }
}
