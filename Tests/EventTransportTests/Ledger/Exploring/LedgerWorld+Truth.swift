import EventCore
import TransportSupport

@testable import EventTransport

extension LedgerWorld {
    // MARK: What is true

    var isComparable: Bool {
        links.allSatisfy { $0.isUp && $0.notices.isEmpty && $0.endings.isEmpty && $0.old.isEmpty && $0.new.isEmpty }
    }

    var fault: String? {
        if let mistake = mistake { return mistake }
        guard isComparable else { return nil }
        var settled = self
        return settled.settle() ?? settled.difference
    }

    /// Lets the publisher tell what it owes.
    mutating func settle() -> String? {
        for _ in 0..<3 {
            for socket in sockets.indices where isOwed(socket) { tell(socket) }
            for link in links.indices {
                while !links[link].new.isEmpty { readNew(link) }
                while !links[link].notices.isEmpty { readNotice(link) }
            }
        }
        return mistake ?? (sockets.indices.contains { isOwed($0) } ? "the publisher does not stop to tell" : nil)
    }

    var difference: String? {
        for (place, link) in links.enumerated() {
            for incarnation in wanted.values where !link.account.isCertain(incarnation, isLeaving: false) {
                return "at link \(place) announcement \(incarnation) is not confirmed"
            }
            if !link.truth.forgotten.isEmpty {
                return "at link \(place) nobody said that \(link.truth.forgotten) was forgotten"
            }
            if !leaving.isEmpty { return "\(leaving) are never closed" }
            var link = link
            // What nobody else wanted is told to be unknown, or was of no interest any more.
            link.truth.excuse(numbers { link.truth.givenUp.isSuperset(of: $0.counted[link.socket]) })
            let missed = link.truth.missed(of: numbers { !$0.counted[link.socket].isEmpty })
            let said = link.account.lost
            if !missed.contains(said) { return "at link \(place) \(said) are said to be lost, not \(missed)" }
            if let difference = difference(place, link) { return difference }
        }
        return nil
    }

    func difference(_ place: Int, _ link: Link) -> String? {
        for prefix in rules.prefixes.indices where !link.truth.hasForgotten {
            let said = link.truth.saidByPrefix[prefix]
            let missed = link.truth.missed(of: numbers { longest($0.counted[link.socket]) == prefix })
            guard missed.contains(said) else {
                return "at link \(place) \(said) are said to be lost of prefix \(prefix), not \(missed)"
            }
        }
        return link.truth.saidByPrefix.reduce(0, +) == link.account.lost ? nil : "at link \(place) the sum differs"
    }

    /// Which of the prefixes of some announcements, in the order of their births, an envelope is counted at.
    func longest(_ incarnations: [UInt64]) -> Int? {
        incarnations.map { prefix(of: $0) }.max { rules.prefixes[$0].bytes.count < rules.prefixes[$1].bytes.count }
    }
}
