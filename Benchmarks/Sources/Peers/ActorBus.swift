import DequeModule
import EventCore

/// A bus that is an actor and keeps the buffers of all subscribers itself.
actor ActorBus: ReadablePeerBus {
    enum Policy { case dropOldest, block }

    struct Reader: Sendable {
        let subject: String
        let number: Int
    }

    private struct Subscriber {
        var buffer = Deque<Envelope>()
        var reader: CheckedContinuation<Envelope, Never>?

        mutating func offer(_ envelope: Envelope, capacity: Int) {
            if let reader {
                self.reader = nil
                reader.resume(returning: envelope)
                return
            }
            if buffer.count >= capacity { buffer.removeFirst() }
            buffer.append(envelope)
        }
    }

    private let capacity: Int
    private let policy: Policy
    private var subscribers: [String: [Int: Subscriber]] = [:]
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var last = 0

    init(capacity: Int, policy: Policy) {
        self.capacity = capacity
        self.policy = policy
    }

    func subscribe(to subject: String) -> Reader {
        last += 1
        subscribers[subject, default: [:]][last] = Subscriber()
        return Reader(subject: subject, number: last)
    }

    func unsubscribe(_ reader: Reader) {
        subscribers[reader.subject]?[reader.number] = nil
    }

    func publish(_ envelope: Envelope) async {
        let subject = envelope.subject.rawValue
        while policy == .block, subscribers[subject]?.values.contains(where: { $0.buffer.count >= capacity }) == true {
            await withCheckedContinuation { waiting.append($0) }
        }
        guard let numbers = subscribers[subject]?.keys else { return }
        for number in numbers { subscribers[subject]?[number]?.offer(envelope, capacity: capacity) }
    }

    func read(_ count: Int, from reader: Reader) async {
        for _ in 0..<count { _ = await next(reader) }
    }

    private func next(_ reader: Reader) async -> Envelope? {
        if let envelope = subscribers[reader.subject]?[reader.number]?.buffer.popFirst() {
            for publisher in waiting { publisher.resume() }
            waiting.removeAll(keepingCapacity: true)
            return envelope
        }
        return await withCheckedContinuation { subscribers[reader.subject]?[reader.number]?.reader = $0 }
    }
}
