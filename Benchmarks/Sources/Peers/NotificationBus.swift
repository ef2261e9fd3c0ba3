import EventCore
import Foundation

/// Foundation's `NotificationCenter`: callbacks on the publisher's thread, one notification name a subject.
final class NotificationBus: PeerBus {
    /// What ends an observation.
    struct Reader: @unchecked Sendable {
        // Foundation's token is a class without state that changes.
        let token: any NSObjectProtocol
        let ring: Ring
    }

    private let center = NotificationCenter()

    func subscribe(to subject: String) async -> Reader {
        let ring = Ring()
        let token = center.addObserver(forName: Notification.Name(subject), object: nil, queue: nil) {
            if let envelope = $0.object as? Envelope { ring.append(envelope) }
        }
        return Reader(token: token, ring: ring)
    }

    func unsubscribe(_ reader: Reader) async {
        center.removeObserver(reader.token)
    }

    func publish(_ envelope: Envelope) async {
        center.post(name: Notification.Name(envelope.subject.rawValue), object: envelope)
    }
}
