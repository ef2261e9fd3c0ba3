import EventCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a bus publishes through: its publishing sockets behind one short lock.
///
/// Publishers send under the lock, on whatever thread they are; the service thread reads notices of subscriptions under
/// it. A send may swallow the signal that there are notices, so the service thread is told to look after sends.
final class Outbox: Sendable {
    private struct State: Sendable {
        var sockets: [PublishingSocket] = []
        var sequences = SequenceTable()
        /// Whether there was a send since the service thread last looked.
        var isUnchecked = false
        var isOpen = true
    }

    /// What a send leaves to be done without the lock.
    private struct Aftermath {
        var isFirstUnchecked = false
        var fullQueues = 0
        var code: Int32?
        var isClosed = false
    }

    private let state = Lock(State())
    private let encoder: EnvelopeEncoder
    private let maximumMessageSize: Int
    private let reporter: BusReporter
    private let wakeUp: WakeUp
    /// Whether any peer subscribes to more than control topics; while nobody does, publishing stops here.
    private let hasInterest = Atomic<Bool>(false)

    init(origin: String, maximumMessageSize: Int, reporter: BusReporter, wakeUp: WakeUp) {
        encoder = EnvelopeEncoder(origin: origin)
        self.maximumMessageSize = maximumMessageSize
        self.reporter = reporter
        self.wakeUp = wakeUp
    }

    // MARK: Publishing

    /// Whether anyone listens on the wire, or the bus was closed, so that a publisher comes as far as to notice; where it
    /// does not, the local bus refuses what is published.
    var hasListeners: Bool { hasInterest.load(ordering: .acquiring) }

    /// Hands an envelope to libzmq for every peer that wants it.
    ///
    /// - Throws: ``EventError/busClosed``; ``EventError/malformedEnvelope(_:)`` for a time that has no text form;
    ///   ``EventError/transport(_:)`` for a frame above the limit and when libzmq refuses.
    func send(_ envelope: Envelope) throws(EventError) {
        try check(envelope)
        let aftermath = try JSONWriter.with { header throws(EventError) in
            try encoder.begin(&header, of: envelope)
            // The number to come takes up to 28 bytes.
            try check(header.count + 28, of: envelope)
            return send(envelope, &header)
        }
        if aftermath.isFirstUnchecked { wakeUp.wake() }
        for _ in 0..<aftermath.fullQueues { reporter.happened(.queueFull(endpoint: "")) }
        if aftermath.isClosed { throw .busClosed }
        if let code = aftermath.code { throw ZMQResult.failure("publish \(envelope.subject)", code) }
        reporter.counters.sent.add(1, ordering: .relaxed)
    }

    private func send(_ envelope: Envelope, _ header: inout JSONWriter) -> Aftermath {
        envelope.subject.rawValue.withUTF8Bytes { subject in
            envelope.payload.withBytes { payload in
                state.withLock { state -> Aftermath in
                    guard state.isOpen else { return Aftermath(isClosed: true) }
                    encoder.finish(&header, sequence: state.sequences.next(for: envelope.subject))
                    return header.withBytes { Self.send(subject, $0, payload, &state) }
                }
            }
        }
    }

    private static func send(
        _ subject: Span<UInt8>,
        _ header: Span<UInt8>,
        _ payload: Span<UInt8>,
        _ state: inout State
    ) -> Aftermath {
        var aftermath = Aftermath(isFirstUnchecked: !state.isUnchecked)
        state.isUnchecked = true
        for socket in state.sockets where socket.hasInterest {
            switch socket.send(subject: subject, header: header, payload: payload) {
            case .sent: break
            case .sentExceptToFull: aftermath.fullQueues += 1
            case .failed(let code): aftermath.code = code
            }
        }
        return aftermath
    }

    /// - Throws: ``EventError/transport(_:)`` for a payload above the limit.
    func check(_ envelope: Envelope) throws(EventError) {
        try check(envelope.payloadCount, of: envelope)
    }

    private func check(_ count: Int, of envelope: Envelope) throws(EventError) {
        guard count > maximumMessageSize else { return }
        let reason = "\(count) bytes exceed maximumMessageSize \(maximumMessageSize)"
        throw .transport(TransportFailure(operation: "publish \(envelope.subject)", reason: reason))
    }

    /// Lets nothing be published any more.
    func close() {
        state.withLock { $0.isOpen = false }
        hasInterest.store(true, ordering: .releasing)
    }

    // MARK: The service thread

    /// Adds a socket, or puts it in the place of the one with the same id.
    func add(_ id: Int, _ socket: PublishingSocket) {
        state.withLock { state in
            state.sockets.removeAll { $0.id == id }
            state.sockets.append(socket)
        }
    }

    /// How many sockets there are, and what to poll them by: never by the socket itself, which would be a use of it.
    var descriptors: [Int32] { state.withLock { $0.sockets.compactMap { try? $0.socket.descriptor } } }

    /// Stops the monitors of all sockets, or of one, and closes them.
    func remove(_ id: Int? = nil) {
        state.withLock { state in
            for socket in state.sockets where id == nil || socket.id == id { try? socket.socket.monitor(on: nil) }
            state.sockets.removeAll { id == nil || $0.id == id }
        }
    }

    /// Whether somebody has sent since the service thread last began to look.
    var isUnchecked: Bool { state.withLock { $0.isUnchecked } }

    /// The service thread begins to look for notices, at all sockets: what is sent from now on is looked after again.
    func beginCheck() {
        state.withLock { $0.isUnchecked = false }
    }

    /// Takes notices of subscriptions from a socket, until there are none or enough.
    func takeNotices(at id: Int, atMost limit: Int) -> PublishingSocket.Notices {
        state.withLock { state in
            guard let socket = state.sockets.first(where: { $0.id == id }) else { return .init() }
            return socket.takeNotices(atMost: limit)
        }
    }

    /// Records whether a socket's peers want anything, and then answers on control topics.
    func settle(_ id: Int, hasInterest: Bool, answers: [[UInt8]], from bus: [UInt8]) {
        let anyInterest = state.withLock { state in
            for socket in state.sockets where socket.id == id { socket.hasInterest = hasInterest }
            return state.sockets.contains { $0.hasInterest } || !state.isOpen
        }
        self.hasInterest.store(anyInterest, ordering: .releasing)
        guard !answers.isEmpty else { return }
        state.withLock { state in
            state.isUnchecked = true
            for socket in state.sockets where socket.id == id {
                for topic in answers { socket.answer(topic, with: bus) }
            }
        }
    }
}

extension Data? {
    /// Runs `body` on the bytes, of which nothing has none.
    fileprivate func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        guard let data = self else { return body(Span()) }
        return data.withSpan(body)
    }
}
