import CZeroMQ
import Foundation
import IntegrationSupport

/// A peer without keys speaks as buses do to each other, in the honest peer's name, but does not claim its handshake.
extension Attack {
    static let forgeries = [sequenceNumbers, ledger, topics]

    private static let sequenceNumbers = Attack(
        name: "numbers of 2^63 in the honest peer's name",
        shows: "Numbers that cannot be true hide no loss and make none.",
        isShort: true,
        setting: .tcp
    ) { pair, findings in
        let names = try Names(at: pair)
        let forger = try pair.forger()
        let malformed = try await pair.refusals(expecting: 1) {
            for number in ["1", "9223372036854775808", "18446744073709551615", "2"] {
                for _ in 0..<50 {
                    let header = #"{"origin":"\#(names.honest)","seq":\#(number),"n":\#(number),"source":"forger"}"#
                    forger.send([subject, Array(header.utf8), Array("1".utf8)])
                }
            }
            // No envelope: when it is told, all before it have been read.
            forger.send([subject, [0x7B], []])
        }
        findings.expect(malformed == 1, "\(malformed) messages are told as malformed, which only the last one is")
    }

    private static let ledger = Attack(
        name: "ledger messages in the honest peer's name",
        shows: "A stranger's totals make no losses and confirm nothing.",
        setting: .tcp
    ) { pair, findings in
        let names = try Names(at: pair)
        let forger = ZMQPeer(ZMQ_XPUB, to: pair.up)
        let inbox = [0xFF, 0x61] + Array(names.victim.utf8)
        let announcement = forger.receive(within: .seconds(5)) { frames in
            (frames.first?.dropFirst(3 + 20 + 8)).map { Array($0) } == subject + [0xFF]
        }
        let incarnation = announcement?[0].dropFirst(3 + 20).prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 1
        let malformed = try await pair.refusals(expecting: 80) {
            for socket in 0..<4 {
                for (serial, total) in [UInt64(1), 1 << 20, 1 << 40, 1 << 63, .max].enumerated() {
                    let head = Array(names.honest.utf8) + [UInt8(socket % 2)] + [UInt8(socket), UInt8(serial + 100)]
                    let line = varint(incarnation) + varint(2) + varint(total) + varint(0)
                    forger.send([inbox, head + varint(total), line])
                    forger.send([inbox, head + varint(total)])
                    forger.send([inbox, head])
                    forger.send([inbox, ZMTP.random(60), ZMTP.random(60)])
                }
            }
            forger.send([[0xFF, 0x7A], [1]])
        }
        findings.expect(announcement != nil, "the victim announces nothing")
        findings.expect(malformed == 80, "\(malformed) of 80 messages are told as malformed")
    }

    private static let topics = Attack(
        name: "control topics in the honest peer's name",
        shows: "What a stranger asks for, confirms and withdraws in another's name is not that one's.",
        setting: .tcp
    ) { pair, _ in
        let names = try Names(at: pair)
        let forger = try RawConnection(to: pair.down, as: "XSUB")
        let (honest, victim) = (Array(names.honest.utf8), Array(names.victim.utf8))
        let exact = "honest.victim".utf8 + [0xFF]
        for serial in 0..<2000 {
            let numbers = ZMTP.bytes(UInt64(serial % 4)) + ZMTP.bytes(UInt64(serial))
            let confirmation = [0xFF, 0x6B] + honest + victim + numbers
            let interest = [0xFF, 0x69] + honest + ZMTP.bytes(UInt64(serial % 50)) + exact
            forger.write(ZMTP.subscription(to: confirmation) + ZMTP.withdrawal(of: confirmation))
            forger.write(ZMTP.subscription(to: interest) + ZMTP.withdrawal(of: interest))
        }
        for topic in [[0xFF, 0x61] + honest, [0xFF, 0x70] + honest, Array("honest.victim".utf8), [0xFE] + exact] {
            forger.write(ZMTP.subscription(to: topic) + ZMTP.withdrawal(of: topic) + ZMTP.withdrawal(of: topic))
        }
        // When the last subscription counts, all before it have been read.
        forger.write(ZMTP.subscription(to: Array("forger.last".utf8)))
        try await pair.victim.awaitSubscribers(of: "forger.last")
        withExtendedLifetime(forger) {}
    }

    /// What the honest peer publishes on.
    static let subject = Array("honest.honest".utf8)

    private static func varint(_ number: UInt64) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7F) | 0x80] + varint(number >> 7)
    }
}

/// What the two buses are called on the wire, which the victim tells anybody who listens.
struct Names {
    let victim: String
    let honest: String

    /// Listens at the victim until it tells the honest peer something.
    init(at pair: HonestPair, as identity: Keyring.Identity? = nil) throws {
        let ear = ZMQPeer(ZMQ_SUB, to: pair.down, as: identity, subscribing: [0xFF, 0x61])
        guard let frames = ear.receive(within: .seconds(10), where: { $0.count > 1 && $0[0].count == 22 }) else {
            throw HonestPair.Fault(description: "the names of the two cannot be overheard")
        }
        honest = String(decoding: frames[0].dropFirst(2), as: UTF8.self)
        victim = String(decoding: frames[1].prefix(20), as: UTF8.self)
    }
}
