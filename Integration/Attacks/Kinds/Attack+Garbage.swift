import IntegrationSupport

/// Strangers connect to both sockets of a victim without keys, and speak something else.
extension Attack {
    static let garbage =
        [silence(.tcp)]
        + [
            junk("connects and closes", []),
            // Passes for short frames of ZMTP 1, of which libzmq reads more than the victim takes from it.
            junk(
                "1 MiB of A",
                Array(repeating: 0x41, count: 1 << 20),
                isShort: true,
                budget: Budget(during: 200, after: 200)
            ),
            junk("HTTP", Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)),
            junk("a TLS hello", tlsHello),
            junk("zeros", ZMTP.zeros(1000)),
            junk("random bytes", ZMTP.random(10_000)),
            junk("a greeting of ZMTP 1, and junk", [1, 0] + ZMTP.random(1000)),
            junk("a greeting of ZMTP 2", [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 1, 2, 0, 0]),
            junk("a command of 2^62 bytes", ZMTP.greeting() + ZMTP.announcement(of: 1 << 62, isCommand: true)),
            junk("a broken READY", ZMTP.greeting() + ZMTP.command("READY", [11] + "Socket".utf8)),
            junk("the wrong type of socket", ZMTP.entrance(as: "REQ")),
            junk("an empty and a broken subscription", ZMTP.entrance(as: "SUB") + ZMTP.frame([]) + ZMTP.frame([7, 7])),
        ]

    /// Says nothing, for as long as it is let.
    static func silence(_ setting: Setting) -> Attack {
        Attack(
            name: "200 strangers that say nothing, \(setting)",
            shows: "Connections without a handshake are given up.",
            setting: setting
        ) { pair, findings in
            let ends = [pair.down, pair.up]
            let count = try await besideTasks {
                let strangers = try (0..<200).map { try RawConnection(to: ends[$0 % 2]) }
                let deadline = ContinuousClock.now + .seconds(8)
                return strangers.count { $0.awaitEnd(within: deadline - .now) }
            }
            findings.expect(count == 200, "\(200 - count) of 200 are let stay")
        }
    }

    private static func junk(
        _ name: String,
        _ bytes: [UInt8],
        isShort: Bool = false,
        budget: Budget = .small
    ) -> Attack {
        Attack(
            name: name,
            shows: "What is no ZeroMQ does nothing to those who are connected.",
            isShort: isShort,
            setting: .tcp,
            budget: budget
        ) { pair, _ in
            try await pair.throwAtBoth(bytes)
        }
    }

    private static let tlsHello: [UInt8] =
        [0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3] + ZMTP.random(32) + [0, 0, 2, 0x13, 1, 1, 0] + ZMTP.random(155)
}

extension HonestPair {
    /// Connects to both sockets of the victim by turns for a second, writes something each time, and leaves; one of them
    /// stays for a while.
    func throwAtBoth(_ bytes: [UInt8]) async throws {
        let ends = [down, up]
        try await besideTasks {
            let end = ContinuousClock.now + .seconds(1)
            var count = 0
            var lingering: [RawConnection] = []
            while ContinuousClock.now < end {
                let stranger = try RawConnection(to: ends[count % 2])
                stranger.write(bytes)
                if lingering.count < 20 { lingering.append(stranger) }
                count += 1
                _ = stranger.read(within: .milliseconds(2))
            }
        }
    }
}
