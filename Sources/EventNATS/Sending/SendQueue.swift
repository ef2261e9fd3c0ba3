import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A message to other buses that is no envelope.
struct ControlNote: Sendable, Hashable {
    /// Where it goes, as C text.
    var wire: [UInt8]
    /// Where the server says that nobody listens there, as C text.
    var reply: [UInt8]?
    var message: ControlMessage
}

/// An envelope on its way to the server.
struct OutgoingEnvelope: Sendable {
    /// Its subject, as C text.
    var wire: [UInt8]
    /// Its header up to its number; in the compact form all of it, with the payload.
    var header: [UInt8]
    var number: UInt64
    var payload: Data?
    /// Where its number goes in the compact form; `nil` when it has a header.
    var placeOfNumber: Int?
    /// The names of groups that have it already, as C text.
    var mark: [UInt8]?

    /// Whether nothing else may be in its message.
    var isAlone: Bool { placeOfNumber == nil || mark != nil }

    /// Adds its compact form to a message on its subject, which has the subject once.
    func appendBody(to message: inout [UInt8]) {
        guard let place = placeOfNumber else { return }
        let start = message.isEmpty ? 0 : place - CompactForm.offsetOfNumber
        let end = message.count
        message += header[start...]
        for byte in 0..<8 {
            message[end + place - start + byte] = UInt8(truncatingIfNeeded: number >> (56 - 8 * byte))
        }
    }

    /// What it takes in memory, about.
    var size: Int { wire.count + header.count + (payload?.count ?? 0) + 128 }
}

/// What waits to be sent, in order: envelopes, bounded in number and in bytes, and what is told of them.
///
/// What has been taken counts until it is said to be sent, so that the bounds hold for all that is not.
struct SendQueue: Sendable {
    enum Item: Sendable {
        case envelope(OutgoingEnvelope)
        case note(ControlNote)
    }

    /// What becomes of an envelope.
    enum Answer: Equatable {
        case added
        /// There is no room; `isNew` when there was some for the one before.
        case dropped(isNew: Bool)
    }

    let capacity: Int
    let byteCapacity: Int
    private var items: [Item] = []
    private(set) var count = 0
    private(set) var bytes = 0
    /// Whether envelopes have been dropped since the queue was last half empty.
    private var isOverfull = false

    init(capacity: Int, byteCapacity: Int) {
        (self.capacity, self.byteCapacity) = (capacity, byteCapacity)
    }

    var isEmpty: Bool { items.isEmpty }
    /// Whether all envelopes have been sent.
    var isDone: Bool { count == 0 && items.isEmpty }

    mutating func add(_ envelope: OutgoingEnvelope) -> Answer {
        let size = envelope.size
        guard count < capacity, bytes + size <= byteCapacity || count == 0 else {
            defer { isOverfull = true }
            return .dropped(isNew: !isOverfull)
        }
        count += 1
        bytes += size
        items.append(.envelope(envelope))
        return .added
    }

    mutating func add(_ note: ControlNote) { items.append(.note(note)) }

    /// Takes all there is.
    mutating func take() -> [Item] {
        defer { items = [] }
        return items
    }

    /// So many envelopes that were taken have left.
    mutating func sent(_ count: Int, bytes: Int) {
        self.count -= count
        self.bytes -= bytes
        if self.count <= capacity / 2, self.bytes <= byteCapacity / 2 { isOverfull = false }
    }
}
