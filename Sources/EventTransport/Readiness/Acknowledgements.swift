/// Ledger messages that a bus has read and has still to acknowledge.
///
/// An acknowledgement goes to every publisher of its link, so where there are many, each of them would get those to all
/// others: some at a time are sent, and of several to one publisher only the last.
package struct Acknowledgements: Sendable, Hashable {
    package typealias Instant = ContinuousClock.Instant

    /// What is acknowledged: the messages of a publisher's socket, read over a link.
    package struct Target: Sendable, Hashable {
        package var link: Int
        package var origin: String
        package var socket: UInt64

        package init(link: Int, origin: String, socket: UInt64) {
            (self.link, self.origin, self.socket) = (link, origin, socket)
        }
    }

    private static let atOnce = 32
    private static let interval = Duration.milliseconds(20)

    private var serials: [Target: UInt64] = [:]
    /// Those that wait, in their order.
    private var order: [Target] = []
    private var nextAt: Instant?

    /// Begins with nothing to acknowledge.
    package init() {}

    /// When ``takeDue(_:)`` is to be called next; a time that is over means at once.
    package var deadline: Instant? { order.isEmpty ? nil : nextAt }

    package mutating func add(_ target: Target, serial: UInt64, now: Instant) {
        if serials.updateValue(serial, forKey: target) == nil { order.append(target) }
        nextAt = nextAt ?? now
    }

    /// Takes what may be sent now.
    package mutating func takeDue(_ now: Instant) -> [(target: Target, serial: UInt64)] {
        guard let nextAt, nextAt <= now else { return [] }
        guard !order.isEmpty else {
            self.nextAt = nil
            return []
        }
        let due = order.prefix(Self.atOnce)
        order.removeFirst(due.count)
        self.nextAt = now + Self.interval
        return due.compactMap { target in serials.removeValue(forKey: target).map { (target, $0) } }
    }
}
