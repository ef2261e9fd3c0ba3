import CZeroMQ
import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The frames of an envelope on their way to libzmq, in one of its forms or both.
///
/// All of a form are made before the first is sent, so that a message is never left without its end, and payloads are copied
/// before the lock of the sockets is taken, or not at all. It lives on the stack, within ``with(_:)``.
@safe struct OutgoingMessage: ~Copyable {
    enum Form: Sendable {
        case compact, plain
    }

    /// One or two frames of the compact form, and three of the plain one.
    private static let plainStart = 2
    private static let plainCount = 3
    /// So many bytes of payload are not copied, but referred to.
    static let leastSharedCount = 1 << 14

    private let frames: UnsafeMutablePointer<zmq_msg_t>
    private var compact = 0..<0
    private var plain = 0..<0

    private init(_ frames: UnsafeMutablePointer<zmq_msg_t>) {
        unsafe self.frames = unsafe frames
    }

    /// Runs `body` with a message that has no frames yet; what is left of it goes afterwards.
    static func with<Result>(
        _ body: (inout OutgoingMessage) throws(EventError) -> Result
    ) throws(EventError) -> Result {
        try unsafe withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: plainStart + plainCount) {
            memory throws(EventError) in
            guard let frames = memory.baseAddress else { preconditionFailure("no memory on the stack") }
            var message = unsafe OutgoingMessage(frames)
            return try body(&message)
        }
    }

    deinit {
        for place in compact { unsafe zmq_msg_close(frames + place) }
        for place in plain { unsafe zmq_msg_close(frames + place) }
    }

    func places(of form: Form) -> Range<Int> { form == .compact ? compact : plain }

    // MARK: Filling

    /// Makes the frames of the compact form.
    ///
    /// - Parameters:
    ///   - head: All but the payload.
    ///   - envelope: What has the payload.
    ///   - isApart: Whether that becomes a frame of its own; when it is long, one that refers to it.
    /// - Throws: ``EventError/transport(_:)`` when there is no memory for it.
    mutating func setCompact(_ head: Span<UInt8>, _ envelope: Envelope, isApart: Bool) throws(EventError) {
        compact = initialise(0..<(isApart ? 2 : 1))
        guard isApart, let payload = envelope.payload else {
            return try envelope.withPayload { bytes throws(EventError) in try fill(0, with: head, bytes) }
        }
        try fill(0, with: head, Span())
        if payload.count < Self.leastSharedCount {
            try payload.withSpan { bytes throws(EventError) in try fill(1, with: bytes, Span()) }
        } else {
            try share(payload, as: 1)
        }
    }

    /// Makes the frame of envelopes that leave together, which refers to them.
    ///
    /// - Throws: ``EventError/transport(_:)`` when there is no memory for it.
    mutating func setCompact(_ batch: EnvelopeBatch) throws(EventError) {
        compact = initialise(0..<1)
        unsafe try share(batch.frame, of: batch, as: 0)
    }

    /// Writes a number into the first frame of the compact form.
    func setNumber(_ number: UInt64, at offset: Int) {
        guard !compact.isEmpty, unsafe offset + 8 <= zmq_msg_size(frames), let data = unsafe zmq_msg_data(frames) else {
            return
        }
        unsafe data.storeBytes(of: number.bigEndian, toByteOffset: offset, as: UInt64.self)
    }

    /// Makes the frames of the plain form but for the header.
    ///
    /// - Throws: ``EventError/transport(_:)`` when there is no memory for it.
    mutating func setPlain(_ subject: Span<UInt8>, _ payload: Span<UInt8>) throws(EventError) {
        plain = initialise(Self.plainStart..<(Self.plainStart + Self.plainCount))
        try fill(Self.plainStart, with: subject, Span())
        try fill(Self.plainStart + 2, with: payload, Span())
    }

    func setHeader(_ header: Span<UInt8>) throws(EventError) {
        try fill(Self.plainStart + 1, with: header, Span())
    }

    private func initialise(_ places: Range<Int>) -> Range<Int> {
        for place in places { unsafe zmq_msg_init(frames + place) }
        return places
    }

    private func fill(_ place: Int, with bytes: Span<UInt8>, _ more: Span<UInt8>) throws(EventError) {
        let count = bytes.count + more.count
        // An empty frame is what it is already.
        guard count > 0 else { return }
        let frame = unsafe frames + place
        try make(place, count) { unsafe zmq_msg_init_size(frame, count) }
        guard let data = unsafe zmq_msg_data(frame) else { return }
        unsafe bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { unsafe data.copyMemory(from: base, byteCount: source.count) }
        }
        unsafe more.withUnsafeBytes { source in
            guard let base = source.baseAddress else { return }
            unsafe (data + bytes.count).copyMemory(from: base, byteCount: source.count)
        }
    }

    /// Data that libzmq refers to while it sends.
    private final class Shared {
        let data: Data

        init(_ data: Data) {
            self.data = data
        }
    }

    /// Has a frame refer to a payload, which is kept until libzmq has sent it.
    private func share(_ payload: Data, as place: Int) throws(EventError) {
        let shared = Shared(payload)
        // So many bytes stand in memory of their own, which stays where it is while somebody refers to the data: whoever
        // changes another copy gets memory of its own. libzmq only reads there.
        try unsafe payload.withUnsafeBytes { bytes in
            Result { () throws(EventError) in unsafe try share(bytes, of: shared, as: place) }
        }.get()
    }

    /// Has a frame refer to bytes, which are there as long as their owner is; that is kept until libzmq has sent them.
    private func share(_ bytes: UnsafeRawBufferPointer, of owner: AnyObject, as place: Int) throws(EventError) {
        let frame = unsafe frames + place
        let kept = unsafe Unmanaged.passRetained(owner)
        let base = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        do throws(EventError) {
            try make(place, bytes.count) {
                unsafe zmq_msg_init_data(frame, base, bytes.count, Self.release, kept.toOpaque())
            }
        } catch {
            unsafe kept.release()
            throw error
        }
    }

    /// zmq_msg_init_data(3): "the deallocation function … must be thread-safe"; it is called on libzmq's thread.
    private static let release: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = {
        if let hint = unsafe $1 { unsafe Unmanaged<AnyObject>.fromOpaque(hint).release() }
    }

    private func make(_ place: Int, _ count: Int, _ body: () -> Int32) throws(EventError) {
        do {
            try ZMQResult.check("make a message of \(count) bytes", body)
        } catch {
            // What could not be made cannot be closed.
            unsafe zmq_msg_init(frames + place)
            throw error
        }
    }

    // MARK: Sending

    /// Hands a frame to a socket; one that was refused is still there.
    func send(_ place: Int, of form: Form, to socket: borrowing ZMQSocket) -> ZMQResult {
        let isLast = place == places(of: form).upperBound - 1
        let flags = isLast ? ZMQ_DONTWAIT : ZMQ_DONTWAIT | ZMQ_SNDMORE
        return ZMQResult.of { unsafe zmq_msg_send(frames + place, socket.handle, flags) }
    }

    /// Runs `body` with the frames of a form again, which share their memory with these.
    func withCopy<Result>(of form: Form, _ body: (borrowing OutgoingMessage) -> Result) -> Result {
        let capacity = Self.plainStart + Self.plainCount
        return unsafe withUnsafeTemporaryAllocation(of: zmq_msg_t.self, capacity: capacity) { memory in
            guard let frames = memory.baseAddress else { preconditionFailure("no memory on the stack") }
            var copy = unsafe OutgoingMessage(frames)
            let places = copy.initialise(places(of: form))
            if form == .compact { copy.compact = places } else { copy.plain = places }
            for place in places { unsafe zmq_msg_copy(frames + place, self.frames + place) }
            return body(copy)
        }
    }
}
