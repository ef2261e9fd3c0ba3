import Foundation
import IntegrationSupport
import ProcessSupport

/// Peers make the victim remember what they ask for.
extension Attack {
    static let subscriptions = [longPrefixes, manyPrefixes, sharedBudget, announcements]

    private static let longPrefixes = Attack(
        name: "3 000 subscriptions of 60 kB",
        shows: "What is longer than any subject is never remembered.",
        isShort: true,
        setting: .tcp
    ) { pair, findings in
        let down = pair.down
        let connections = try await besideTasks {
            var (sent, connections) = (0, 0)
            while sent < 3000 {
                let peer = try RawConnection(to: down, as: "SUB")
                connections += 1
                while sent < 3000, peer.write(ZMTP.subscription(to: ZMTP.random(4) + ZMTP.zeros(60_000))) { sent += 1 }
                // The one that was refused counts, too.
                sent += 1
            }
            return connections
        }
        findings.expect(connections > 1, "nobody was cut off")
        findings.note = "cut off \(connections) times"
    }

    /// 32 768 of these are let in, of 55 bytes each, for which libzmq takes 32 times as much; and what has arrived before
    /// that is noticed.
    private static let manyPrefixes = Attack(
        name: "100 000 subscriptions of 55 bytes",
        shows: "Whoever goes beyond its budget is cut off, and nobody waits long for what it leaves.",
        isShort: true,
        setting: .tcp,
        budget: Budget(during: 300, after: 300),
        stall: 1000
    ) { pair, findings in
        let down = pair.down
        let isOver = try await besideTasks {
            let peer = try RawConnection(to: down, as: "SUB")
            for number in 0..<100_000 {
                guard peer.write(ZMTP.subscription(to: prefix(number, count: 55))) else { return true }
            }
            return peer.awaitEnd(within: .seconds(5))
        }
        findings.expect(isOver, "it was not cut off")
    }

    /// 35 MB of subscriptions arrive faster than libzmq takes them in, within a single call.
    private static let sharedBudget = Attack(
        name: "ten peers that subscribe without end, without keys",
        shows: "How far strangers get where nobody has to prove anything.",
        setting: .tcp,
        weakness: "libzmq takes in all that arrives before a call of its own returns"
    ) { pair, _ in
        let down = pair.down
        let peers = try await besideTasks {
            try (0..<10).map { place in
                let peer = try RawConnection(to: down, as: "SUB")
                for number in 0..<32_000 {
                    guard peer.write(ZMTP.subscription(to: prefix(place * 32_000 + number, count: 110))) else { break }
                }
                return peer
            }
        }
        // The honest peer goes on subscribing meanwhile.
        try await lookOn(for: .seconds(2))
        withExtendedLifetime(peers) {}
    }

    private static let announcements = Attack(
        name: "50 000 forged announcements, 400 nested prefixes, a waiter",
        shows: "Counting those who claim to be there does not hold up those who are.",
        isShort: true,
        setting: .tcp,
        budget: Budget(during: 150, after: 150),
        stall: 500
    ) { pair, _ in
        let subject = "h." + String(repeating: "a", count: 400)
        try await pair.victim.perform(.anticipate(subject: subject, count: 100_000, milliseconds: 5000))
        let down = pair.down
        try await besideTasks {
            let peer = try RawConnection(to: down, as: "SUB")
            for count in 3...402 { peer.write(ZMTP.subscription(to: Array(subject.utf8.prefix(count)))) }
            for number in 0..<50_000 {
                let bus = Array(String(format: "%020d", number).utf8)
                peer.write(ZMTP.subscription(to: [0xFF, 0x69] + bus + ZMTP.zeros(7) + [1] + "h.".utf8))
                if number.isMultiple(of: 3) { peer.write(ZMTP.subscription(to: [0xFF, 0x70] + bus)) }
            }
            _ = peer.awaitEnd(within: .seconds(5))
        }
    }

    private static func prefix(_ number: Int, count: Int) -> [UInt8] {
        Array("flood.\(number).".utf8) + Array(repeating: 0x78, count: count - 7 - String(number).utf8.count)
    }
}
