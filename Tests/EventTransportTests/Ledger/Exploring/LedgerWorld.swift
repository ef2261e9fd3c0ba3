import EventCore
import TransportSupport

@testable import EventTransport

/// A publisher and a subscriber that keep a ledger, and the pipes between them, which lose things.
///
/// It has one clock time. What happens to the notices and messages is what libzmq does with them: a full pipe drops;
/// what is left in the pipe of a connection that ended may be read beside what comes over the next one; subscriptions
/// come again in the order of their bytes; what a connection had subscribed to ends in one go, sooner or later, perhaps
/// after the next connection has been made.
struct LedgerWorld: Hashable {
    /// One rule of the protocol, which is broken to see that this would be noticed.
    enum Wrong: String, CaseIterable {
        case countsOnlyWhileSent, ignoresWhenClosed, takesLinesOfAnyIncarnation, keepsIncarnation
        case countsForEveryPrefix, tellsOnlyOnce, doesNotWait, stopsListeningAtOnce
    }

    /// How buses are joined.
    enum Shape: String {
        case oneLink
        /// The publisher has two sockets, each with a link to it.
        case twoSockets
        /// The subscriber connects twice to one socket.
        case twoLinks
    }

    /// What stays the same.
    struct Rules: Hashable {
        var shape = Shape.oneLink
        /// In the order of their bytes.
        var prefixes: [WirePrefix] = [.text("a.")]
        var subjects: [Subject] = ["a.x"]
        var capacity = 2
        /// How many announcements of those who are away are remembered.
        var remembered = 100
        var wrong: Wrong?
    }

    /// How often things may happen.
    struct Budget: Hashable {
        var publishes = 0
        var breaks = 0
        var leaves = 0
        var forgets = 0
        /// Messages that are sent though nothing has happened since the last.
        var resends = 0
    }

    /// A subscription, in the order of bytes.
    enum Topic: Hashable, Comparable {
        case prefix(Int)
        case inbox
        case interest(UInt64, prefix: Int)
        case presence
    }

    /// What goes to the publisher.
    enum Notice: Hashable {
        case begins(Topic)
        case ends(Topic)
        case acknowledges(UInt64)
    }

    /// What goes to the subscriber.
    enum Parcel: Hashable {
        case envelope(UInt64)
        case message(LedgerMessage, over: Int32)
    }

    /// A socket of the publisher.
    struct Socket: Hashable {
        var book: LedgerBook
        /// Whether something has happened since the last message.
        var isFresh = false
        /// The announcements it counts for, in the order of their births, and those of them that are away, the ones gone
        /// for longest first.
        var known: [UInt64] = []
        var away: [UInt64] = []
    }

    struct Link: Hashable {
        /// The socket it leads to.
        var socket: Int
        var isUp = true
        var connection: Int32 = 1
        /// What the publisher has read of the connection's subscriptions.
        var topics: [Topic] = []
        var notices: [Notice] = []
        /// What connections that ended had subscribed to, which the publisher does not know yet.
        var endings: [[Topic]] = []
        var old: [Parcel] = []
        var new: [Parcel] = []
        var account = LedgerAccount()
        var truth = LedgerTruth()
    }

    /// An envelope that has a number.
    struct Publication: Hashable {
        var subject: Int
        /// What each socket counted it for, in the order of births.
        var counted: [[UInt64]]
    }

    enum Step {
        case publish(Int)
        case tell(socket: Int)
        case readNotice(link: Int)
        case noticeEnd(link: Int)
        case readOld(link: Int)
        case ignoreOld(link: Int)
        case readNew(link: Int)
        case breakLink(Int, keepingParcels: Int, notices: Int)
        case heal(link: Int)
        case replaceSocket(Int)
        case come(prefix: Int)
        case leave(prefix: Int)
        case forget(socket: Int)
    }

    static let bus = "subscriber"
    static let now = ContinuousClock.now
    static let retention = Duration.seconds(30)

    let rules: Rules
    var budget: Budget
    var sockets: [Socket]
    var links: [Link]
    var published: [Publication] = []
    /// The announcements in effect at the subscriber, by prefix, and the last one.
    var wanted: [Int: UInt64] = [:]
    var lastIncarnation: UInt64 = 0
    /// The prefixes of all announcements there were.
    var prefixes: [UInt64: Int] = [:]
    var announcements = KnownAnnouncements()
    /// Announcements that were given up, and the links over which they have to be closed.
    var leaving: [UInt64: Set<Int>] = [:]
    /// What was noticed to be wrong.
    var mistake: String?

    init(_ rules: Rules, _ budget: Budget) {
        self.rules = rules
        self.budget = budget
        let retention = rules.remembered == 0 ? Duration.zero : Self.retention
        // An entry takes 256 bytes and those of its prefix.
        let bytes = rules.remembered * 264
        let socket = Socket(book: LedgerBook(retention: retention, retentionBytes: bytes))
        switch rules.shape {
        case .oneLink: (sockets, links) = ([socket], [Link(socket: 0)])
        case .twoSockets: (sockets, links) = ([socket, socket], [Link(socket: 0), Link(socket: 1, connection: 2)])
        case .twoLinks: (sockets, links) = ([socket], [Link(socket: 0), Link(socket: 0, connection: 2)])
        }
        // Both ends know each other already.
        for link in links.indices {
            links[link].truth.saidByPrefix = [Int](repeating: 0, count: rules.prefixes.count)
            links[link].notices = [.begins(.inbox), .begins(.presence)]
            while !links[link].notices.isEmpty { readNotice(link) }
        }
        for socket in sockets.indices { tell(socket) }
        for link in links.indices {
            while !links[link].new.isEmpty { readNew(link) }
        }
    }

    func covers(_ prefix: Int, _ number: UInt64) -> Bool {
        rules.prefixes[prefix].covers(rules.subjects[published[Int(number) - 1].subject])
    }
}
