import CNATS
import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A message that has come, for as long as the callback that got it runs.
@safe struct NATSMessage: ~Copyable {
    private let message: OpaquePointer
    private let subscription: OpaquePointer?

    init(_ message: OpaquePointer, of subscription: OpaquePointer?) {
        unsafe (self.message, self.subscription) = unsafe (message, subscription)
    }

    deinit {
        unsafe natsMsg_Destroy(message)
    }

    /// Runs `body` on the subject as it is on the wire.
    func withSubject<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        guard let text = unsafe natsMsg_GetSubject(message) else { return body(Span()) }
        return unsafe Self.withBytes(text, body)
    }

    /// Where an answer goes, as C text; `nil` when none is wanted.
    var reply: [UInt8]? {
        guard let text = unsafe natsMsg_GetReply(message) else { return nil }
        return unsafe Self.withBytes(text) { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } + [0] }
    }

    /// Runs `body` on a header, or on nothing when the message has no such header that could be read.
    func withHeader<Result>(_ name: StaticString, _ body: (Span<UInt8>?) -> Result) -> Result {
        var value: UnsafePointer<CChar>?
        let status = unsafe name.utf8Start.withMemoryRebound(to: CChar.self, capacity: name.utf8CodeUnitCount + 1) {
            unsafe natsMsgHeader_Get(message, $0, &value)
        }
        guard status == NATS_OK, let text = unsafe value else { return body(nil) }
        return unsafe Self.withBytes(text) { body($0) }
    }

    /// The headers that a program has given the message which is no bus, as far as they can be read; of several values of a
    /// name the first.
    var headers: [String: String] {
        var keys: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        var count: Int32 = 0
        guard unsafe natsMsgHeader_Keys(message, &keys, &count) == NATS_OK, let keys = unsafe keys else { return [:] }
        defer { unsafe free(keys) }
        var headers: [String: String] = [:]
        for index in 0..<Int(count) {
            guard let key = unsafe keys[index] else { continue }
            var value: UnsafePointer<CChar>?
            guard unsafe natsMsgHeader_Get(message, key, &value) == NATS_OK else { continue }
            unsafe headers[NATSResult.text(key)] = unsafe NATSResult.text(value)
        }
        return headers
    }

    /// Whether no other message of its subscription waits, of which the callback would come next.
    ///
    /// Where others do, the callback comes again, or ``MessageReceiver/ended()`` is called.
    var isLast: Bool {
        var count: Int32 = 0
        return unsafe natsSubscription_GetPending(subscription, &count, nil) != NATS_OK || count == 0
    }

    /// Whether it is what the server says when nobody listens to a question.
    var saysNobodyListens: Bool { unsafe natsMsg_IsNoResponders(message) }

    /// Runs `body` on the body.
    func withBody<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let count = unsafe Int(natsMsg_GetDataLength(message))
        guard count > 0, let start = unsafe natsMsg_GetData(message) else { return body(Span()) }
        return unsafe start.withMemoryRebound(to: UInt8.self, capacity: count) { start in
            body(unsafe Span(_unsafeStart: start, count: count))
        }
    }

    /// A copy of the body.
    var data: Data {
        let count = unsafe Int(natsMsg_GetDataLength(message))
        guard count > 0, let start = unsafe natsMsg_GetData(message) else { return Data() }
        return unsafe Data(bytes: start, count: count)
    }

    private static func withBytes<Result>(_ text: UnsafePointer<CChar>, _ body: (Span<UInt8>) -> Result) -> Result {
        let count = unsafe strlen(text)
        return unsafe text.withMemoryRebound(to: UInt8.self, capacity: count) { start in
            body(unsafe Span(_unsafeStart: start, count: count))
        }
    }
}
