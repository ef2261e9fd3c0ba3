import EventCore
import LinkRuntime

/// Looks host names up on threads of its own, a few at once; what comes on top of that waits its turn.
///
/// A name server that does not answer holds a look-up up for half a minute or more, which nothing can cut short.
final class HostResolver: Sendable {
    typealias Answer = Result<[String], ResolutionFailure>
    typealias Completion = @Sendable (Answer) -> Void

    private struct Job: Sendable {
        let host: String
        let ipv6: Bool
        let completion: Completion
    }

    private struct State {
        var threads = 0
        var waiting: [Job] = []
    }

    private static let shared = HostResolver(maximumThreads: 8) { SystemResolver.addresses(of: $0, ipv6: $1) }

    private let state = Lock(State())
    private let maximumThreads: Int
    private let lookUp: @Sendable (_ host: String, _ ipv6: Bool) -> Answer

    /// Creates a resolver.
    ///
    /// - Parameters:
    ///   - maximumThreads: How many names are looked up at once.
    ///   - lookUp: How, on a thread that it may block.
    init(maximumThreads: Int, lookUp: @escaping @Sendable (_ host: String, _ ipv6: Bool) -> Answer) {
        self.maximumThreads = maximumThreads
        self.lookUp = lookUp
    }

    /// Asks the system for the addresses of a host.
    ///
    /// - Parameters:
    ///   - host: The name.
    ///   - ipv6: Whether IPv6 addresses are wanted as well.
    ///   - completion: Receives the addresses in digits, those of IPv6 in brackets, the preferred one first; on a thread
    ///     of the resolver, or here when there can be no more threads.
    static func resolve(host: String, ipv6: Bool, _ completion: @escaping Completion) {
        shared.resolve(host: host, ipv6: ipv6, completion)
    }

    func resolve(host: String, ipv6: Bool, _ completion: @escaping Completion) {
        let job = Job(host: host, ipv6: ipv6, completion: completion)
        let isThreadNeeded = state.withLock { state in
            guard state.threads < maximumThreads else {
                state.waiting.append(job)
                return false
            }
            state.threads += 1
            return true
        }
        guard isThreadNeeded else { return }
        let code = ServiceThread.start(job) {
            self.run($0)
        } atEnd: {
        } ifImpossible: { _ in
        }
        if code != 0 { fail(job, ResolutionFailure(systemError: code)) }
    }

    private func run(_ first: Job) {
        var job: Job? = first
        while let current = job {
            current.completion(lookUp(current.host, current.ipv6))
            job = state.withLock { state in
                if state.waiting.isEmpty {
                    state.threads -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }

    /// Gives a job up for which there was no thread, and those that wait when there is no thread at all.
    private func fail(_ job: Job, _ failure: ResolutionFailure) {
        let stranded = state.withLock { state in
            state.threads -= 1
            guard state.threads == 0 else { return [Job]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for job in [job] + stranded { job.completion(.failure(failure)) }
    }
}
