import CZeroMQ
import Foundation
import IntegrationSupport
import ProcessSupport

/// Peers have a key, and want more than it gives.
extension Attack {
    static let keys = [
        unlisted, wrongServer, mismatched, forgedUser, forbiddenReading, forbiddenWriting, borrowedOrigin,
        forgottenOrigins,
    ]

    private static let unlisted = Attack(
        name: "a key that is not on the list",
        shows: "Nobody is let in whose key is not known.",
        setting: .keys
    ) { pair, findings in
        let intruder = try await pair.bus(
            "intruder",
            as: .stranger,
            "--subscribe",
            "connect:\(pair.down)",
            "--publish",
            "connect:\(pair.up)",
            "--confirmation-milliseconds",
            "300"
        )
        try await intruder.subscribe(to: ">")
        try await intruder.publish(1...1000, on: "honest.honest")
        try await pair.victim.perform(.awaitEvent(.refused, count: 1))
        try await lookOn()
        let counts = try await intruder.counts
        findings.expect(counts.received == 0, "it has received \(counts.received)")
        findings.expect(counts.sent == 0, "it has sent \(counts.sent)")
        await intruder.process.kill()
    }

    private static let wrongServer = Attack(
        name: "a bus that expects another server key, for 8 s",
        shows: "Who is refused does not try again and again.",
        setting: .keys
    ) { pair, findings in
        let recorder = try Recorder(before: pair.down)
        defer { recorder.end() }
        let arguments = pair.keys?.arguments(of: .guest, expecting: .stranger) ?? []
        let misled = try await pair.stage.peer("misled", ["--subscribe", "connect:\(recorder.address)"] + arguments)
        try await lookOn(for: .seconds(8))
        let tries = recorder.connections
        findings.expect(1...15 ~= tries, "it tried \(tries) times in 8 s")
        findings.note = "\(tries) tries"
        let received = try await misled.counts.received
        findings.expect(received == 0, "it has received \(received)")
        await misled.process.kill()
    }

    private static let mismatched = Attack(
        name: "a public key without its secret one",
        shows: "Nobody is let in by a key that everybody knows.",
        setting: .keys
    ) { pair, findings in
        guard let keys = pair.keys else { return }
        let own = try keys.identity(of: .stranger)
        let claim = Keyring.Identity(
            secret: own.secret,
            publicKey: keys.publicKey(of: .honest),
            serverKey: own.serverKey
        )
        let impostor = ZMQPeer(ZMQ_SUB, to: pair.down, as: claim, subscribing: [])
        findings.expect(impostor.receive(within: .seconds(1.5)).isEmpty, "it receives what is published")
    }

    private static let forgedUser = Attack(
        name: "a User-Id of its own in READY",
        shows: "Who somebody is says the kernel, not the peer.",
        isShort: true,
        setting: .keys
    ) { pair, findings in
        guard let keys = pair.keys else { return }
        let names = try Names(at: pair, as: keys.identity(of: .guest))
        let claim = ["User-Id": Array(keys.publicKey(of: .honest).utf8)]
        let forger = try RawConnection(to: pair.beside, as: "XPUB", claim)
        let header = Array(#"{"origin":"\#(names.honest)","source":"honest"}"#.utf8)
        let refused = try await pair.refusals(expecting: 100) {
            for _ in 0..<100 { forger.write(ZMTP.message([subject, header, Array("999999".utf8)])) }
        }
        findings.expect(refused == 100, "\(refused) of 100 envelopes are refused")
        withExtendedLifetime(forger) {}
    }

    private static let forbiddenReading = Attack(
        name: "a key that subscribes to what it may not",
        shows: "Who may not read is cut off, and stays it.",
        isShort: true,
        setting: .keys
    ) { pair, findings in
        let reader = try await pair.bus(
            "reader",
            as: .reader,
            "--subscribe",
            "connect:\(pair.down)",
            "--confirmation-milliseconds",
            "300"
        )
        try await reader.subscribe(to: "public.a")
        try await pair.victim.awaitSubscribers(of: "public.a")
        try await pair.victim.publish(1, on: "public.a")
        try await reader.receive(1, on: "public.a")
        try await reader.subscribe(to: "honest.>")
        for peer in [pair.victim, reader] { try await peer.perform(.awaitEvent(.disconnected, count: 1)) }
        // What had come by then is read.
        try await lookOn(for: .seconds(0.5))
        let first = try await reader.counts.received
        try await lookOn(for: .seconds(2))
        let later = try await reader.counts.received
        findings.expect(later == first, "it goes on receiving: \(first), then \(later)")
        findings.expect(first < 100, "it has received \(first - 1) before it was cut off")
        findings.note = "\(later - 1) came through"
        await reader.process.kill()
    }

    private static let forbiddenWriting = Attack(
        name: "a key that publishes on what it may not",
        shows: "What may not be published is dropped and counted, and the rest arrives.",
        isShort: true,
        setting: .keys
    ) { pair, findings in
        try await pair.victim.subscribe(to: "orders.>")
        try await pair.victim.perform(.collect(patterns: ["billing.>"], .ample))
        let writer = try await pair.bus("writer", as: .writer, "--publish", "connect:\(pair.up)")
        for subject in ["billing.x", "orders.x"] { try await writer.awaitSubscribers(of: subject) }
        let refused = try await pair.refusals(expecting: 1000) {
            try await writer.publish(1...1000, on: "billing.x")
            try await writer.publish(1...1000, on: "orders.x")
            try await pair.victim.receive(1000, on: "orders.>")
        }
        findings.expect(refused == 1000, "\(refused) of 1 000 envelopes are refused")
        guard case .books(let books) = try await pair.victim.perform(.books(patterns: ["billing.>"])) else { return }
        findings.expect(books.readers.taken == 0, "\(books.readers.taken) were delivered")
        await writer.process.kill()
    }

    private static let borrowedOrigin = Attack(
        name: "another key's origin",
        shows: "A key cannot speak for the bus of another one.",
        setting: .keys
    ) { pair, findings in
        guard let guest = try pair.keys?.identity(of: .guest) else { return }
        let names = try Names(at: pair, as: guest)
        let forger = try pair.forger(as: guest)
        let header = #"{"origin":"\#(names.honest)","seq":9223372036854775808,"source":"honest"}"#
        let refused = try await pair.refusals(expecting: 100) {
            for _ in 0..<100 { forger.send([subject, Array(header.utf8), Array("999999".utf8)]) }
        }
        findings.expect(refused == 100, "\(refused) of 100 envelopes are refused")
    }

    private static let forgottenOrigins = Attack(
        name: "16 384 origins, and then another key's",
        shows: "Who owns an origin is not forgotten because somebody invents others.",
        setting: .keys
    ) { pair, findings in
        guard let guest = try pair.keys?.identity(of: .guest) else { return }
        let names = try Names(at: pair, as: guest)
        let forger = try pair.forger(as: guest)
        let refused = try await pair.refusals(expecting: 50) {
            for round in 0..<5 {
                for number in 0..<16_384 {
                    let origin = String(format: "%010d%010d", round, number)
                    forger.send([subject, Array(#"{"origin":"\#(origin)","source":"forger"}"#.utf8), []])
                }
                for _ in 0..<10 {
                    forger.send([subject, Array(#"{"origin":"\#(names.honest)","source":"forger"}"#.utf8), []])
                }
            }
        }
        findings.expect(refused == 50, "\(refused) of 50 envelopes are refused")
    }
}
