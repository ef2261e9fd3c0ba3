import EventCore

/// What the answer address of a message from a consumer says: `$JS.ACK.…`, whose parts are numbers mostly.
struct DeliveryMark: Sendable, Equatable {
    /// How many times it was sent.
    var deliveries: Int
    var streamSequence: UInt64
    /// Counts what the consumer has sent.
    var consumerSequence: UInt64
    var time: Timestamp
    /// How many are behind it.
    var pending: UInt64

    /// Reads both forms: nine parts, and those with a domain and an account's hash before the stream, which may have one more
    /// at the end.
    init?(reply: [UInt8]) {
        let bytes = reply.last == 0 ? reply.dropLast() : reply[...]
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 9 || parts.count >= 11, parts[0].elementsEqual("$JS".utf8),
            parts[1].elementsEqual("ACK".utf8)
        else { return nil }
        let numbers = parts[(parts.count == 9 ? 4 : 6)...].prefix(5).map { UInt64(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 5, let deliveries = numbers[0], let stream = numbers[1], let consumer = numbers[2],
            let time = numbers[3], let pending = numbers[4]
        else { return nil }
        self.deliveries = Int(clamping: deliveries)
        (streamSequence, consumerSequence, self.pending) = (stream, consumer, pending)
        let second: UInt64 = 1_000_000_000
        self.time = Timestamp(seconds: Int64(clamping: time / second), nanoseconds: UInt32(time % second))
    }
}
