import CNATS
import EventCore

/// Owns one connection of libnats and its subscriptions.
///
/// Its calls wait for the server, up to the time in its options, and so belong on a thread of one's own, never on the
/// cooperative pool: what connects again holds a lock of the connection for that time.
@safe struct NATSConnection: ~Copyable {
    private let handle: OpaquePointer
    private let timeout: Int64
    /// What was asked for, as C text.
    private struct Request: Hashable {
        var wire: [UInt8]
        var group: [UInt8]?
    }

    private var subscriptions: [Request: NATSSubscription] = unsafe [:]
    /// Ended ones that must not be freed before the connection has been flushed.
    private var ended: [NATSSubscription] = unsafe []
    /// How many messages were thrown away of those.
    private var droppedOfEnded = 0

    /// Connects.
    ///
    /// - Throws: ``EventError/transport(_:)`` with the words of libnats.
    init(_ options: NATSConnectionOptions, observer: any ConnectionObserver) throws(EventError) {
        let number = ConnectionObservers.add(observer)
        let timeout = options.timeout.wholeMilliseconds
        let handle: OpaquePointer
        do throws(EventError) {
            unsafe handle = try options.with(observer: number) { options throws(EventError) in
                var connection: OpaquePointer?
                let status = unsafe natsConnection_Connect(&connection, options)
                guard status == NATS_OK, let connection = unsafe connection else {
                    throw NATSResult.failure("connect", status)
                }
                return unsafe connection
            }
        } catch {
            ConnectionObservers.remove(number)
            let servers = options.servers.map(\.description).joined(separator: ", ")
            throw error.about(servers)
        }
        unsafe self.handle = handle
        self.timeout = timeout
    }

    deinit {
        // With a write deadline set it takes that and half a second at most; nothing reads the subscriptions after it.
        unsafe natsConnection_Close(handle)
        unsafe subscriptions.values.forEach { unsafe natsSubscription_Destroy($0.handle) }
        unsafe ended.forEach { unsafe natsSubscription_Destroy($0.handle) }
        unsafe natsConnection_Destroy(handle)
    }

    // MARK: The server

    /// The id of the server that it is connected to.
    var serverID: String {
        unsafe text(of: 256) { unsafe natsConnection_GetConnectedServerId(handle, $0, $1) }
    }

    /// The address of the server that it is connected to, without secrets.
    var endpoint: String { address.description }

    /// The address of the server that it is connected to.
    var address: ServerAddress {
        ServerAddress(connectedURL: unsafe text(of: 1024) { unsafe natsConnection_GetConnectedUrl(handle, $0, $1) })
    }

    private func text(of size: Int, _ get: (UnsafeMutablePointer<CChar>, Int) -> natsStatus) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) { buffer in
            guard let base = buffer.baseAddress, unsafe get(base, size) == NATS_OK else { return "" }
            return unsafe String(cString: base)
        }
    }

    /// How many bytes the headers and the body of a message may have together.
    var maximumPayload: Int { Int(unsafe natsConnection_GetMaxPayload(handle)) }

    /// What the server said last that it did not like.
    var lastError: String {
        var text: UnsafePointer<CChar>?
        _ = unsafe natsConnection_GetLastError(handle, &text)
        return unsafe NATSResult.text(text)
    }

    /// Waits until the server has worked through all that was sent.
    ///
    /// - Returns: Whether it has, in time.
    mutating func flush() -> Bool {
        guard unsafe natsConnection_FlushTimeout(handle, timeout) == NATS_OK else { return false }
        unsafe ended.forEach { unsafe natsSubscription_Destroy($0.handle) }
        unsafe ended = []
        return true
    }

    // MARK: Publishing

    /// Sends a message; the texts end with a zero byte.
    func publish(_ wire: [UInt8], reply: [UInt8]?, _ body: Span<UInt8>) -> natsStatus {
        unsafe body.withUnsafeBufferPointer { body in
            let count = Int32(clamping: body.count)
            return unsafe wire.withCText { subject in
                guard let reply else {
                    return unsafe natsConnection_Publish(handle, subject, body.baseAddress, count)
                }
                return unsafe reply.withCText { reply in
                    unsafe natsConnection_PublishRequest(handle, subject, reply, body.baseAddress, count)
                }
            }
        }
    }

    /// Sends a message with one header; the texts end with a zero byte.
    func publish(_ wire: [UInt8], header name: StaticString, _ value: [UInt8], _ body: Span<UInt8>) -> natsStatus {
        unsafe body.withUnsafeBufferPointer { body in
            var message: OpaquePointer?
            var status = unsafe wire.withCText { subject in
                unsafe natsMsg_Create(
                    &message,
                    subject,
                    nil,
                    body.baseAddress.map { unsafe UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) },
                    Int32(clamping: body.count)
                )
            }
            guard status == NATS_OK, let message = unsafe message else { return status }
            defer { unsafe natsMsg_Destroy(message) }
            status = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
                name in
                unsafe value.withCText { unsafe natsMsgHeader_Set(message, name, $0) }
            }
            guard status == NATS_OK else { return status }
            return unsafe natsConnection_PublishMsg(handle, message)
        }
    }

    /// Sends a message with any number of headers; the texts end with a zero byte.
    func publish(
        _ wire: [UInt8],
        reply: [UInt8]?,
        headers: [(name: StaticString, value: [UInt8])],
        _ body: Span<UInt8>
    ) -> natsStatus {
        guard !headers.isEmpty else { return publish(wire, reply: reply, body) }
        var message: OpaquePointer?
        var status = unsafe body.withUnsafeBufferPointer { body in
            unsafe wire.withCText { subject in
                let create = { (reply: UnsafePointer<CChar>?) in
                    let start = unsafe body.baseAddress.map {
                        unsafe UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self)
                    }
                    return unsafe natsMsg_Create(&message, subject, reply, start, Int32(clamping: body.count))
                }
                guard let reply else { return create(nil) }
                return unsafe reply.withCText { unsafe create($0) }
            }
        }
        guard status == NATS_OK, let message = unsafe message else { return status }
        defer { unsafe natsMsg_Destroy(message) }
        for (name, value) in headers {
            status = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
                name in
                unsafe value.withCText { unsafe natsMsgHeader_Set(message, name, $0) }
            }
            guard status == NATS_OK else { return status }
        }
        return unsafe natsConnection_PublishMsg(handle, message)
    }

    // MARK: Subscribing

    /// Subscribes; in effect at the server once ``flush()`` has said so.
    ///
    /// - Parameters:
    ///   - wire: What to, as C text.
    ///   - group: Of the subscriptions with the same group, as C text, one gets each message; `nil` for none.
    ///   - limit: How many messages may wait for the receiver; −1 for any number, `nil` for what libnats has by default.
    ///   - receiver: Gets the messages.
    /// - Throws: ``EventError/transport(_:)``.
    mutating func subscribe(
        to wire: [UInt8],
        group: [UInt8]? = nil,
        limit: Int32? = nil,
        receiver: any MessageReceiver
    ) throws(EventError) {
        let subscription = unsafe try NATSSubscription(handle, to: wire, group: group, limit: limit, receiver: receiver)
        let request = Request(wire: wire, group: group)
        if let old = unsafe subscriptions.updateValue(subscription, forKey: request) { unsafe end(old) }
    }

    /// Ends a subscription, and frees it at the next flush that succeeds.
    mutating func unsubscribe(from wire: [UInt8], group: [UInt8]? = nil) {
        let request = Request(wire: wire, group: group)
        if let subscription = unsafe subscriptions.removeValue(forKey: request) { unsafe end(subscription) }
    }

    /// Ends a subscription once its receiver has had all that the server has sent, and waits for that.
    ///
    /// What waits for the receiver of a subscription that is just ended, libnats throws away without a word.
    ///
    /// - Returns: Whether the receiver has had all of it, in time.
    mutating func drain(_ wire: [UInt8], group: [UInt8]?) -> Bool {
        let request = Request(wire: wire, group: group)
        guard let subscription = unsafe subscriptions.removeValue(forKey: request) else { return true }
        defer { unsafe end(subscription) }
        guard unsafe natsSubscription_DrainTimeout(subscription.handle, timeout) == NATS_OK else { return false }
        return unsafe natsSubscription_WaitForDrainCompletion(subscription.handle, timeout) == NATS_OK
    }

    /// How many messages libnats has thrown away because their receivers were too slow.
    var dropped: Int {
        unsafe subscriptions.values.reduce(droppedOfEnded) { unsafe $0 + Self.dropped(of: $1) }
    }

    private static func dropped(of subscription: NATSSubscription) -> Int {
        var count: Int64 = 0
        return unsafe natsSubscription_GetDropped(subscription.handle, &count) == NATS_OK ? Int(count) : 0
    }

    private mutating func end(_ subscription: NATSSubscription) {
        droppedOfEnded += unsafe Self.dropped(of: subscription)
        _ = unsafe natsSubscription_Unsubscribe(subscription.handle)
        unsafe ended.append(subscription)
    }

    mutating func unsubscribeFromAll() {
        for request in unsafe Array(subscriptions.keys) { unsubscribe(from: request.wire, group: request.group) }
    }
}

extension EventError {
    /// With what it is about, where that is an operation of a transport.
    fileprivate func about(_ place: String) -> EventError {
        guard case .transport(var failure) = self else { return self }
        failure.operation += " \(place)"
        return .transport(failure)
    }
}
