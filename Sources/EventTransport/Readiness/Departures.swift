/// Announcements that a bus has given up and that some publishers still count for.
///
/// What a publisher has counted before it read that is on its way, so the bus goes on listening until every publisher has
/// closed its count, or is gone, or takes too long.
package struct Departures: Sendable, Hashable {
    package typealias Instant = ContinuousClock.Instant

    /// A connection of a link.
    package struct Connection: Sendable, Hashable {
        package var link: Int
        package var descriptor: Int32

        package init(link: Int, descriptor: Int32) {
            (self.link, self.descriptor) = (link, descriptor)
        }
    }

    private struct Departure: Hashable {
        var open: Set<Connection>
        var deadline: Instant
    }

    private static let limit = Duration.seconds(10)

    private var departures: [UInt64: Departure] = [:]
    /// In the order in which they were given up, and so by deadline; some have been closed.
    private var order: [UInt64] = []

    /// Begins with nothing given up.
    package init() {}

    /// When ``tick(_:)`` is to be called next.
    package var deadline: Instant? { order.first { departures[$0] != nil }.flatMap { departures[$0]?.deadline } }

    /// Waits until the publishers of some connections have closed an announcement.
    ///
    /// - Returns: Whether there is anybody to wait for.
    package mutating func begin(_ incarnation: UInt64, open connections: Set<Connection>, now: Instant) -> Bool {
        guard !connections.isEmpty else { return false }
        departures[incarnation] = Departure(open: connections, deadline: now + Self.limit)
        order.append(incarnation)
        return true
    }

    /// A publisher has closed an announcement; answers whether it was the last.
    package mutating func closed(_ incarnation: UInt64, by connection: Connection) -> Bool {
        guard departures[incarnation]?.open.remove(connection) != nil,
            departures[incarnation]?.open.isEmpty == true
        else { return false }
        departures[incarnation] = nil
        return true
    }

    /// Connections are gone; returns the announcements that nobody has to close any more.
    package mutating func disconnected(where isGone: (Connection) -> Bool) -> [UInt64] {
        finish { departure in
            for connection in departure.open where isGone(connection) { departure.open.remove(connection) }
            return departure.open.isEmpty
        }
    }

    /// Returns the announcements that have taken too long.
    package mutating func tick(_ now: Instant) -> [UInt64] {
        guard let deadline, deadline <= now else { return [] }
        return finish { $0.deadline <= now }
    }

    private mutating func finish(where isOver: (inout Departure) -> Bool) -> [UInt64] {
        var finished: [UInt64] = []
        for incarnation in order {
            guard var departure = departures[incarnation] else { continue }
            let isOver = isOver(&departure)
            departures[incarnation] = isOver ? nil : departure
            if isOver { finished.append(incarnation) }
        }
        order.removeAll { departures[$0] == nil }
        return finished
    }
}
