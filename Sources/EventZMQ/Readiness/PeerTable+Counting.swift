import EventCore
import EventTransport

extension PeerTable {
    /// Counts the peers that want a subject: each bus once, and as many plain sockets as share the most wanted of the
    /// prefixes, which is as many as there are at least.
    ///
    /// Where it is in doubt who is gone, it counts those who are there in any case.
    ///
    /// - Parameters:
    ///   - subject: What they want.
    ///   - limit: Where to stop counting.
    ///   - own: A bus that does not count.
    ///   - isSent: Whether the subject is sent at a socket at all.
    /// - Returns: How many there are, at most `limit`.
    /// - Complexity: O(*l*) look-ups, where *l* is the number of different lengths of prefixes, and O(*b*) where several
    ///   prefixes cover the subject or several sockets have subscribers to it, *b* being the number of buses there, less
    ///   the most at one of them.
    func count(
        of subject: Subject,
        upTo limit: Int,
        except own: String,
        where isSent: (Int) -> Bool = { _ in true }
    ) -> Int {
        var covering: [PeerSlot] = []
        subject.rawValue.withUTF8Bytes { bytes in
            lengths.forEachPrefix(of: bytes) { prefix in
                guard let slots = slots[prefix]?.filter({ isSent($0.socket) }), !slots.isEmpty else { return }
                if covering.isEmpty { covering = slots } else { covering += slots }
            }
        }
        if covering.count == 1 { return min(limit, covering[0].interest.certainCount(except: own)) }
        let certain = covering.filter { $0.interest.doubtful == 0 }
        let plain = Self.plainCount(certain)
        let count = plain + Self.busCount(certain.map(\.interest), upTo: limit - plain, except: own)
        guard certain.count < covering.count, count < limit else { return min(limit, count) }
        return min(limit, covering.reduce(count) { max($0, $1.interest.certainCount(except: own)) })
    }

    /// Adds up, over the sockets, how many share the most wanted of the prefixes.
    private static func plainCount(_ slots: [PeerSlot]) -> Int {
        let counts = slots.lazy.filter { $0.interest.unowned > 0 }.map { ($0.socket, $0.interest.unowned) }
        return Dictionary(counts, uniquingKeysWith: max).values.reduce(0, +)
    }

    /// Counts the buses of all of them, each once.
    private static func busCount(_ interests: [PrefixInterest], upTo limit: Int, except own: String) -> Int {
        let interests = interests.sorted { $0.countedCount > $1.countedCount }
        guard let greatest = interests.first else { return 0 }
        var count = greatest.countedCount - (greatest.counts(own) ? 1 : 0)
        for place in interests.indices.dropFirst() {
            for bus in interests[place].counted where bus != own {
                guard count < limit else { return count }
                if !interests[..<place].contains(where: { $0.counts(bus) }) { count += 1 }
            }
        }
        return count
    }
}
