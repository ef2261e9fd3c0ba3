import EventCore
import Synchronization

/// The idiom everybody writes: a table of `AsyncStream` continuations behind a lock.
final class StreamFanOut: ReadablePeerBus {
    typealias Stream = AsyncStream<Envelope>

    struct Reader: Sendable {
        let stream: Stream
        let subject: String
        let number: Int
    }

    private struct State {
        var continuations: [String: [Int: Stream.Continuation]] = [:]
        var last = 0
    }

    private let policy: Stream.Continuation.BufferingPolicy
    private let state = Mutex(State())

    init(_ policy: Stream.Continuation.BufferingPolicy) {
        self.policy = policy
    }

    func subscribe(to subject: String) async -> Reader {
        let (stream, continuation) = Stream.makeStream(bufferingPolicy: policy)
        let number = state.withLock { state in
            state.last += 1
            state.continuations[subject, default: [:]][state.last] = continuation
            return state.last
        }
        return Reader(stream: stream, subject: subject, number: number)
    }

    func unsubscribe(_ reader: Reader) async {
        let continuation = state.withLock { $0.continuations[reader.subject]?.removeValue(forKey: reader.number) }
        continuation?.finish()
    }

    func publish(_ envelope: Envelope) async {
        guard let continuations = state.withLock({ $0.continuations[envelope.subject.rawValue] }) else { return }
        for continuation in continuations.values { continuation.yield(envelope) }
    }

    func read(_ count: Int, from reader: Reader) async {
        var iterator = reader.stream.makeAsyncIterator()
        for _ in 0..<count { _ = await iterator.next() }
    }
}
