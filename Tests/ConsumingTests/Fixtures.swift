import EventCore
import EventMemory
import EventTesting
import Foundation

struct Order: Codable, Sendable, Hashable {
    var id: Int
}

/// A failure that tells itself apart.
struct Fault: Error, Hashable, CustomStringConvertible {
    var name: String
    var description: String { "fault \(name)" }
}

/// A memory bus that knows how many subscriptions it has.
final class CountingBus: Bus {
    let base: MemoryBus
    private let open = Lock(0)
    private let opened = Lock(0)

    init(observer: (any Observer)? = nil) {
        base = MemoryBus(observer: observer)
    }

    /// How many subscriptions are on the bus.
    var count: Int { open.withLock { $0 } }
    /// How many there have been.
    var total: Int { opened.withLock { $0 } }

    func publish(_ envelope: Envelope) async throws { try await base.publish(envelope) }

    func subscribe(to pattern: EventCore.Pattern, options: SubscriptionOptions) async throws -> Subscription {
        let subscription = try base.subscribe(to: pattern, options: options) { [self] in open.withLock { $0 -= 1 } }
        open.withLock { $0 += 1 }
        opened.withLock { $0 += 1 }
        return subscription
    }

    func close() async { await base.close() }
}

extension Bus {
    /// Publishes a payload that is no order.
    func publishGarbage(to subject: Subject) async throws {
        try await publish(Envelope(subject: subject, rawPayload: Data("\"x\"".utf8)))
    }
}
