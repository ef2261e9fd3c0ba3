import EventCore
import OpenCombine
import Synchronization

/// OpenCombine: callbacks on the publisher's thread, one `PassthroughSubject` a subject of ours.
final class CombineBus: PeerBus {
    /// What ends a subscription.
    struct Reader: @unchecked Sendable {
        // Cancelling is documented as safe from any thread.
        let cancellable: AnyCancellable
        let ring: Ring
    }

    /// Subjects are documented as safe to send to from any thread, without saying so to the compiler.
    private struct Channel: @unchecked Sendable {
        let subject = PassthroughSubject<Envelope, Never>()
    }

    private let channels = Mutex<[String: Channel]>([:])

    func subscribe(to subject: String) async -> Reader {
        let ring = Ring()
        let channel = channels.withLock { channels in
            let channel = channels[subject] ?? Channel()
            channels[subject] = channel
            return channel
        }
        return Reader(cancellable: channel.subject.sink { ring.append($0) }, ring: ring)
    }

    func unsubscribe(_ reader: Reader) async {
        reader.cancellable.cancel()
    }

    func publish(_ envelope: Envelope) async {
        let channel = channels.withLock { $0[envelope.subject.rawValue] }
        channel?.subject.send(envelope)
    }
}
