import AsyncAlgorithms
import EventCore
import Synchronization

/// One `AsyncChannel` a subscriber: a publisher waits for each of them in turn.
final class ChannelFanOut: ReadablePeerBus {
    typealias Reader = AsyncChannel<Envelope>

    private let channels = Mutex<[String: [Reader]]>([:])

    func subscribe(to subject: String) async -> Reader {
        let channel = Reader()
        channels.withLock { $0[subject, default: []].append(channel) }
        return channel
    }

    func unsubscribe(_ reader: Reader) async {
        channels.withLock { channels in
            for subject in channels.keys { channels[subject]?.removeAll { $0 === reader } }
        }
        reader.finish()
    }

    func publish(_ envelope: Envelope) async {
        guard let channels = channels.withLock({ $0[envelope.subject.rawValue] }) else { return }
        for channel in channels { await channel.send(envelope) }
    }

    func read(_ count: Int, from reader: Reader) async {
        var iterator = reader.makeAsyncIterator()
        for _ in 0..<count { _ = await iterator.next() }
    }
}
