import EventCore
import Foundation
import Synchronization

/// SIGINT, SIGTERM and SIGHUP, from the first moment of the program to its end.
///
/// Until a command has said how it stops, a signal ends the program as if nobody caught it. From then on the first one
/// stops the command. A second one ends the program at once; so does the first, when the command is stuck afterwards, or
/// still writes to a slow reader after three times that patience.
/// A SIGHUP that is ignored, as nohup(1) asks for, stays so.
///
/// Why no signal is lost: from its first instant on the handler keeps each in a pipe, and one thread takes them from there
/// in their order. It decides under the lock with which a command says how it stops: a signal comes before or after that.
enum TerminationSignals {
    private struct Reaction {
        let stop: @Sendable () -> Void
        let patience: Duration
    }

    private static let reaction = Mutex<Reaction?>(nil)
    /// Counts what gets done, so that a command that is busy is told from one that is stuck.
    // Relaxed: only whether it has moved counts, between two looks that are a patience of seconds apart.
    private static let progress = Atomic(0)

    /// timeout(1) sends a signal twice at once, which counts as one.
    private static let together = Duration.milliseconds(100)
    /// What may take time besides waiting for the bus to close.
    private static let margin = Duration.seconds(2)

    /// Catches the signals; called first of all, once.
    static func catchAll() {
        var ends: [Int32] = [-1, -1]
        // Without a pipe, signals end the program as they would any other.
        guard unsafe pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        unsafe pipeForSignals = ends[1]
        for number in [SIGINT, SIGTERM, SIGHUP] {
            if isIgnoring(signal(number, forward)), number == SIGHUP { _ = signal(number, SIG_IGN) }
        }
        let source = ends[0]
        Thread.detachNewThread { serve(source) }
    }

    /// Says how a command stops.
    ///
    /// - Parameters:
    ///   - linger: How long its bus may take to close.
    ///   - stop: Called at the first signal, on a thread of its own; must return soon.
    static func react(within linger: Duration, by stop: @escaping @Sendable () -> Void) {
        reaction.withLock { $0 = Reaction(stop: stop, patience: linger.bounded + margin) }
    }

    /// Says that something got done.
    static func noteProgress() {
        progress.add(1, ordering: .relaxed)
    }

    private static func serve(_ source: Int32) {
        guard let first = next(from: source, within: nil) else { return }
        guard let reaction = reaction.withLock({ $0 }) else { end(by: first) }
        reaction.stop()
        let stopped = ContinuousClock.now
        let limit = stopped + reaction.patience * 3
        var seen = progress.load(ordering: .relaxed)
        while true {
            if let second = next(from: source, within: reaction.patience) {
                if second != first || .now - stopped > together { end(by: second) }
            } else {
                let now = progress.load(ordering: .relaxed)
                if now == seen || .now >= limit { end(by: first) }
                seen = now
            }
        }
    }

    /// The next signal, or `nil` when the time is up.
    private static func next(from source: Int32, within limit: Duration?) -> Int32? {
        let deadline = limit.map { ContinuousClock.now + $0 }
        while true {
            var wait = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
            let rest = deadline.map { $0 - .now }
            if unsafe poll(&wait, 1, rest.map(\.pollTimeout) ?? -1) > 0 {
                var number: UInt8 = 0
                if unsafe read(source, &number, 1) == 1 { return Int32(number) }
            } else if let rest, rest <= .zero {
                return nil
            }
        }
    }

    private static func end(by number: Int32) -> Never {
        _ = signal(number, SIG_DFL)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(number)
        _exit(128 + number)
    }

    private static func isIgnoring(_ handler: (@convention(c) (Int32) -> Void)?) -> Bool {
        unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}

/// Where the handler writes; set before there is a handler, and never again.
// Why the handler sees it on whatever thread: the store comes before the system call that installs the handler, and no
// thread runs the handler before that. Nobody writes afterwards, so there is no race to order.
nonisolated(unsafe) private var pipeForSignals: Int32 = -1

/// The handler, which may interrupt anything: it calls what is safe in a handler, and leaves `errno` as it was.
private let forward: @convention(c) (Int32) -> Void = { number in
    let code = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(pipeForSignals, &byte, 1)
    errno = code
}

extension Duration {
    /// In milliseconds, rounded up, as `poll` takes it.
    var pollTimeout: Int32 {
        let milliseconds = (self / .milliseconds(1)).rounded(.up)
        return Int32(max(0, min(milliseconds, 1_000_000_000)))
    }
}
