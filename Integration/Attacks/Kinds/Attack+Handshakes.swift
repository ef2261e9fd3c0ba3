import IntegrationSupport

/// Strangers without a key connect to both sockets of a victim with keys.
extension Attack {
    static let handshakes =
        [silence(.keys)]
        + [
            broken("connects and closes, keys", []),
            broken("random bytes, keys", ZMTP.random(10_000)),
            broken("1 MiB of A, keys", Array(repeating: 0x41, count: 1 << 20)),
            broken("HTTP, keys", Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
            broken("a greeting of ZMTP 1, and junk, keys", [1, 0] + ZMTP.random(1000)),
            broken("a greeting of ZMTP 2, keys", [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 2, 0, 0]),
            broken("ZMTP 3 without keys", ZMTP.entrance(as: "SUB"), isShort: true),
            broken("ZMTP 3 with PLAIN", ZMTP.greeting(mechanism: "PLAIN") + ZMTP.command("HELLO", [1, 0x61, 1, 0x61])),
            broken("greets as a second server, keys", ZMTP.greeting(mechanism: "CURVE", asServer: true)),
            broken("a command of 2^62 bytes, keys", curve + ZMTP.announcement(of: 1 << 62, isCommand: true)),
            broken("HELLO of the wrong length", curve + ZMTP.hello(count: 199)),
            broken("HELLO with a random box", curve + ZMTP.hello()),
            broken("INITIATE first", curve + ZMTP.command("INITIATE", ZMTP.random(248))),
            broken("a message instead of a command", curve + ZMTP.subscription(to: [])),
        ] + [replay]

    private static let curve = ZMTP.greeting(mechanism: "CURVE")

    private static func broken(_ name: String, _ bytes: [UInt8], isShort: Bool = false) -> Attack {
        Attack(
            name: name,
            shows: "Who cannot prove a key is cut off, and those who have proved theirs go on.",
            isShort: isShort,
            setting: .keys
        ) { pair, findings in
            try await pair.throwAtBoth(bytes)
            guard !bytes.isEmpty else { return }
            let ends = [pair.down, pair.up]
            let closed = try await besideTasks {
                let strangers = try ends.map { try RawConnection(to: $0) }
                for stranger in strangers { stranger.write(bytes) }
                let deadline = ContinuousClock.now + .seconds(7)
                return strangers.count { $0.awaitEnd(within: deadline - .now) }
            }
            findings.expect(closed == 2, "\(2 - closed) of 2 are let stay")
        }
    }

    private static let replay = Attack(
        name: "a recorded session of a guest, replayed",
        shows: "Who has seen all that a guest has sent cannot pass for it.",
        isShort: true,
        setting: .keys
    ) { pair, findings in
        let recorder = try Recorder(before: pair.down)
        defer { recorder.end() }
        let guest = try await pair.bus("guest", "--subscribe", "connect:\(recorder.address)")
        try await guest.subscribe(to: "guests.a")
        try await pair.victim.awaitSubscribers(of: "guests.a")
        let said = recorder.said
        findings.expect(said.count > 500, "the guest has said only \(said.count) bytes")
        await guest.process.kill()
        let down = pair.down
        let closed = try await besideTasks {
            try (0..<20).count { _ in
                let stranger = try RawConnection(to: down)
                stranger.write(said)
                return stranger.awaitEnd(within: .seconds(2))
            }
        }
        findings.expect(closed == 20, "\(20 - closed) of 20 are let stay")
    }
}
