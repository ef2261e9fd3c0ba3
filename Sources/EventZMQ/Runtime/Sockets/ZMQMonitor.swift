import CZeroMQ
import EventCore

/// Reads what happens to the connections of one socket.
///
/// A monitor that is not read makes libzmq's own thread wait, so it takes any number of events and is read by the
/// service thread. It has to be stopped, by ``ZMQSocket/monitor(on:)`` without an endpoint, before it goes.
struct ZMQMonitor: ~Copyable {
    /// What to wait by for events, once there are none left.
    let descriptor: Int32
    private let socket: ZMQSocket
    private let message: ZMQMessage

    /// Begins to monitor; comes before the socket is bound or connected, so that nothing is missed.
    ///
    /// - Parameters:
    ///   - monitored: The socket.
    ///   - context: The socket's context.
    ///   - name: Not used before in this context, for libzmq does not take an inproc name again.
    /// - Throws: ``EventError/transport(_:)``.
    init(_ monitored: borrowing ZMQSocket, in context: ZMQContext, name: String) throws(EventError) {
        let endpoint = "inproc://monitor-\(name)"
        // The reader comes first: stopping a monitor that nobody reads waits for a reader, and so could not be undone.
        let reader = try Self.reader(of: endpoint, in: context)
        let descriptor = try reader.descriptor
        try monitored.monitor(on: endpoint)
        self.descriptor = descriptor
        socket = reader
        message = ZMQMessage()
    }

    private static func reader(of endpoint: String, in context: ZMQContext) throws(EventError) -> ZMQSocket {
        let options = ZMQSocketOptions(values: [(.receiveHighWaterMark, 0), (.linger, 0)])
        let reader = try ZMQSocket.open(.pair, in: context, options: options)
        try reader.connect(to: endpoint)
        return reader
    }

    /// The next event, or `nil` when there is none yet.
    func next() -> MonitorEvent? {
        while case .done = socket.receive(into: message) {
            // Two frames: event (16 bit) and value (32 bit) in the machine's byte order, then the endpoint.
            let event = message.withBytes { frame -> MonitorEvent? in
                guard frame.count == 6 else { return nil }
                let event = unsafe frame.bytes.unsafeLoadUnaligned(as: UInt16.self)
                let value = unsafe frame.bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: Int32.self)
                return MonitorEvent(Int32(event), value: value)
            }
            while message.hasMore { guard case .done = socket.receive(into: message) else { break } }
            if let event { return event }
        }
        return nil
    }
}

extension MonitorEvent {
    fileprivate init?(_ event: Int32, value: Int32) {
        switch event {
        case ZMQ_EVENT_LISTENING: self = .listening(value)
        case ZMQ_EVENT_ACCEPT_FAILED: self = .turnedAway(value)
        case ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ACCEPTED: self = .opened(value)
        case ZMQ_EVENT_CONNECT_DELAYED: self = .begun
        case ZMQ_EVENT_CONNECT_RETRIED: self = .retried
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: self = .established
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
            self = .refused(value)
        case ZMQ_EVENT_DISCONNECTED: self = .disconnected(value)
        default: return nil
        }
    }
}
