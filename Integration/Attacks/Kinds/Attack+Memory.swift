import IntegrationSupport
import ProcessSupport

/// Strangers announce much, and send most of it.
extension Attack {
    static let memory = [halfSent(.tcp), halfSent(.keys)]

    private static let strangers = 8
    private static let announced: UInt64 = 15 << 20
    private static let sent = 14 << 20

    /// What a connection is allowed is a message of the greatest size, 16 MiB; each of these has one.
    private static func halfSent(_ setting: Setting) -> Attack {
        Attack(
            name: "\(strangers) strangers that send 14 of 15 MiB, \(setting)",
            shows: "A connection takes no more than a message may, and gives it back.",
            isShort: setting == .keys,
            setting: setting,
            budget: Budget(during: Double(strangers * (16 << 20)) / 1_000_000 + 24, after: 24)
        ) { pair, _ in
            let up = pair.up
            let head =
                setting == .keys
                ? ZMTP.greeting(mechanism: "CURVE") + ZMTP.announcement(of: announced, isCommand: true)
                : ZMTP.entrance(as: "PUB") + ZMTP.announcement(of: announced, isCommand: false)
            let connections = try await withThrowingTaskGroup(of: RawConnection.self) { group in
                for _ in 0..<strangers {
                    group.addTask {
                        try await besideTasks {
                            let stranger = try RawConnection(to: up)
                            stranger.write(head)
                            stranger.write(ZMTP.zeros(sent))
                            return stranger
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await lookOn()
            withExtendedLifetime(connections) {}
        }
    }
}
