import EventCore
import LinkRuntime

/// Answers for the sockets of one context who may connect, on a thread of its own.
///
/// libzmq asks it for every handshake, and refuses everybody when it is not there: sockets insist on an answer.
final class Authenticator: Sendable {
    /// What the thread works with.
    private final class Desk {
        let socket: ZMQSocket
        let descriptor: Int32
        let message = ZMQMessage()

        init(_ socket: consuming ZMQSocket) throws(EventError) {
            descriptor = try socket.descriptor
            self.socket = socket
        }

        func receive() -> [[UInt8]]? {
            guard case .done = socket.receive(into: message) else { return nil }
            var frames = [message.bytes]
            while message.hasMore, case .done = socket.receive(into: message) { frames.append(message.bytes) }
            return frames
        }
    }

    /// Where libzmq asks.
    private static let endpoint = "inproc://zeromq.zap.01"

    private let rules: Lock<AccessRules>
    private let isStopped = Lock(false)
    private let hasEnded = Lock(false)
    private let wakeUp: WakeUp

    /// Begins to answer; comes before the first socket is bound or connected.
    ///
    /// - Throws: ``EventError/transport(_:)``.
    init(_ rules: AccessRules, in context: ZMQContext) throws(EventError) {
        self.rules = Lock(rules)
        wakeUp = try WakeUp()
        let socket = try ZMQSocket.open(.reply, in: context, options: ZMQSocketOptions(values: [(.linger, 0)]))
        try socket.bind(to: Self.endpoint)
        let desk = try Desk(socket)
        let code = ServiceThread.start(desk) { [self] desk in
            run(desk)
        } atEnd: { [self] in
            hasEnded.withLock { $0 = true }
        } ifImpossible: { _ in
        }
        guard code == 0 else { throw ZMQResult.failure("start a thread", code) }
    }

    /// Answers no more: whoever connects from then on is refused.
    ///
    /// Its socket is closed when this returns, which takes no longer than an answer.
    func stop() {
        isStopped.withLock { $0 = true }
        wakeUp.wake()
        while !hasEnded.withLock({ $0 }) { ServiceThread.yield() }
    }

    /// Lets in others from now on.
    func update(_ domain: SecurityDomain) {
        rules.withLock { $0.update(domain) }
    }

    /// Refuses somebody for a while.
    func suspend(_ user: String, until end: ContinuousClock.Instant) {
        rules.withLock { rules in
            rules.suspended = rules.suspended.filter { $0.value > .now }
            rules.suspended[user] = end
        }
    }

    private func run(_ desk: Desk) {
        var poller = Poller()
        _ = poller.add(desk.descriptor)
        let wakeUpPlace = poller.add(wakeUp.descriptor)
        repeat {
            if poller.isReadable(wakeUpPlace) { wakeUp.clear() }
            // All of them before each wait: the descriptor tells of what comes after the last.
            while let frames = desk.receive() {
                // What is no question of libzmq's has to be answered all the same, before there can be another.
                let request = AccessRules.Request(frames: frames)
                let answer = request.map { request in rules.withLock { $0.answer(request, now: .now) } }
                let id = request?.id ?? frames.dropFirst().first ?? []
                desk.socket.send((answer ?? .refused("not understood")).frames(for: id))
            }
        } while !isStopped.withLock { $0 } && poller.wait(milliseconds: -1) == 0
        wakeUp.close()
    }
}
