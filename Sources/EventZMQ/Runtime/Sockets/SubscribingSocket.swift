import EventCore

/// A socket that subscribes; the service thread owns it.
final class SubscribingSocket {
    let id: Int
    var socket: ZMQSocket
    /// Where the service thread waits for it.
    var place: ZMQPoller.Place?

    init(id: Int, _ socket: consuming ZMQSocket) {
        self.id = id
        self.socket = socket
    }

    /// Subscribes to topics, in this order.
    func subscribe(to topics: [[UInt8]]) throws(EventError) {
        for topic in topics { try socket.subscribe(to: topic) }
    }
}
