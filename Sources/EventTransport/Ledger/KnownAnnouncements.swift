import EventCore

/// What a bus has announced, as far as accounts with publishers need it.
struct KnownAnnouncements: Sendable, Hashable {
    private enum State {
        case wanted
        /// Given up; the bus listens until all publishers have closed it.
        case leaving
        /// Given up; a publisher that was not there may close it when it comes back.
        case released
    }

    private struct Announcement: Hashable {
        var prefix: WirePrefix
        var state = State.wanted
    }

    /// So many that were released are remembered.
    private static let maximumReleased = 4096

    private var announcements: [UInt64: Announcement] = [:]
    private var byPrefix = PrefixMap<[UInt64]>()
    private var released: [UInt64] = []
    private(set) var generation: UInt64 = 0

    subscript(incarnation: UInt64) -> LedgerAccount.Announcement? {
        announcements[incarnation].map { .init(prefix: $0.prefix, isGivenUp: $0.state == .released) }
    }

    /// Where an account counts envelopes on a subject; `nil` when only the publisher's next message tells.
    func places(of subject: Subject, in account: LedgerAccount) -> [Int]? {
        var isCertain = true
        byPrefix.forEach(covering: subject) { _, incarnations in
            isCertain = incarnations.allSatisfy {
                account.isCertain($0, isLeaving: announcements[$0]?.state == .leaving)
            }
            return isCertain
        }
        guard isCertain else { return nil }
        let places = account.places(of: subject)
        return account.areCertain(places) ? places : nil
    }

    mutating func add(_ prefix: WirePrefix, _ incarnation: UInt64) {
        announcements[incarnation] = Announcement(prefix: prefix)
        byPrefix.update(prefix, initial: []) { $0.append(incarnation) }
        generation &+= 1
    }

    mutating func leave(_ incarnation: UInt64) {
        announcements[incarnation]?.state = .leaving
        generation &+= 1
    }

    mutating func release(_ incarnation: UInt64) {
        guard let prefix = announcements[incarnation]?.prefix else { return }
        announcements[incarnation]?.state = .released
        byPrefix.update(prefix, initial: []) { $0.removeAll { $0 == incarnation } }
        if byPrefix[prefix]?.isEmpty == true { byPrefix[prefix] = nil }
        generation &+= 1
        released.append(incarnation)
        guard released.count >= 2 * Self.maximumReleased else { return }
        for old in released.prefix(Self.maximumReleased) { announcements[old] = nil }
        released.removeFirst(Self.maximumReleased)
    }
}
