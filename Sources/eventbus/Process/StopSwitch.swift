import Dispatch
import Foundation
import Synchronization

/// Ends a wait from elsewhere: from a signal, or when the output fails.
///
/// A pipe, since `poll` waits for a descriptor and nothing else.
final class StopSwitch: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32
    private struct State {
        var hasTripped = false
        var followers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    /// Waits here block; on the cooperative pool they would take a thread from the bus.
    private let queue = DispatchQueue(label: "eventbus.stop")

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SystemError("pipe", errno) }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// A switch that the first signal trips.
    ///
    /// - Parameter linger: How long the bus may take to close.
    /// - Returns: The switch.
    /// - Throws: When there are no descriptors for it.
    static func onSignal(within linger: Duration) throws(SystemError) -> StopSwitch {
        let stop = try StopSwitch()
        TerminationSignals.react(within: linger) { stop.trip() }
        return stop
    }

    var isTripped: Bool { state.withLock { $0.hasTripped } }

    /// Trips the switch, for good.
    func trip() {
        let followers = state.withLock { state -> [@Sendable () -> Void] in
            // One byte is enough, and many would fill the pipe.
            guard !state.hasTripped else { return [] }
            state.hasTripped = true
            var byte: UInt8 = 1
            _ = unsafe write(writeEnd, &byte, 1)
            defer { state.followers = [] }
            return state.followers
        }
        for follower in followers { follower() }
    }

    /// Calls something once the switch is tripped, at once if it is.
    func whenTripped(_ follower: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.hasTripped { state.followers.append(follower) }
            return state.hasTripped
        }
        if isLate { follower() }
    }

    /// Waits until the switch is tripped or there is something to read.
    ///
    /// - Returns: Whether the switch is tripped.
    func isTripped(orReadable descriptor: Int32) -> Bool {
        var waits = [readEnd, descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let forever: Int32 = -1
        while unsafe poll(&waits, nfds_t(waits.count), forever) < 0, errno == EINTR {}
        return waits[0].revents != 0
    }

    /// Why a wait is over.
    enum Reason {
        case tripped
        case timeIsUp
        /// Nobody reads the output any more.
        case outputIsClosed
    }

    /// Waits until the switch is tripped, the reader of a pipe is gone, or the time is up.
    ///
    /// - Parameters:
    ///   - output: The end of the pipe that is written to; other files have no reader that could go.
    ///   - deadline: How long to wait at most.
    /// - Returns: What came first.
    func wait(orClosed output: Int32, until deadline: ContinuousClock.Instant?) async -> Reason {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.waitNow(orClosed: output, until: deadline)) }
        }
    }

    private func waitNow(orClosed output: Int32, until deadline: ContinuousClock.Instant?) -> Reason {
        var waits = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0), pollfd(fd: output, events: 0, revents: 0),
        ]
        while true {
            let rest = deadline.map { $0 - .now }
            let count = unsafe poll(&waits, nfds_t(waits.count), rest.map(\.pollTimeout) ?? -1)
            guard count >= 0 else { continue }
            if waits[0].revents != 0 { return .tripped }
            if waits[1].revents != 0 { return .outputIsClosed }
            if let rest, rest <= .zero { return .timeIsUp }
        }
    }
}
