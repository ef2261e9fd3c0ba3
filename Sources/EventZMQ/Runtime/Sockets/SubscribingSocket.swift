import EventCore

/// A socket that subscribes; the service thread owns it.
final class SubscribingSocket {
    let id: Int
    private var socket: ZMQSocket
    /// What to wait by for messages, once the socket is drained.
    private(set) var descriptor: Int32
    /// Where the service thread waits for it.
    var place: Poller.Place?

    /// Whether all that had arrived was received, and the socket has not been used since.
    ///
    /// Only then does the descriptor tell of the next message: any other use may take in what it tells of.
    private(set) var isDrained = false

    init(id: Int, _ socket: consuming ZMQSocket) throws(EventError) {
        self.id = id
        descriptor = try socket.descriptor
        self.socket = socket
    }

    /// Takes another socket in the place of this one.
    func replace(by socket: consuming ZMQSocket) throws(EventError) {
        descriptor = try socket.descriptor
        self.socket = socket
        isDrained = false
    }

    /// Receives a message, if there is one.
    func receive(into frames: ReceivedFrames) -> Bool {
        let hasReceived = frames.receive(from: socket)
        isDrained = !hasReceived
        return hasReceived
    }

    /// Uses the socket for anything else than to receive.
    func withSocket(_ body: (borrowing ZMQSocket) throws(EventError) -> Void) throws(EventError) {
        isDrained = false
        try body(socket)
    }

    /// Subscribes to topics, in this order.
    func subscribe(to topics: [[UInt8]]) throws(EventError) {
        try withSocket { socket throws(EventError) in for topic in topics { try socket.subscribe(to: topic) } }
    }

    /// Ends subscriptions to topics, in this order.
    func unsubscribe(from topics: [[UInt8]]) throws(EventError) {
        try withSocket { socket throws(EventError) in for topic in topics { try socket.unsubscribe(from: topic) } }
    }

    /// Stops the monitor, which comes before its reader goes, or libzmq's thread would wait for the reader.
    func stopMonitor() {
        try? withSocket { socket throws(EventError) in try socket.monitor(on: nil) }
    }
}
