import IntegrationSupport

/// Strangers take all the descriptors that the victim may have.
extension Attack {
    static let descriptors = [exhaustion(.tcp), exhaustion(.ipc), exhaustion(.keys)]

    /// How many connections fit before there are no descriptors left.
    private static let room = 40
    private static let strangers = 300

    private static func exhaustion(_ setting: Setting) -> Attack {
        Attack(
            name: "descriptors run out, \(setting)",
            shows: "Whoever connects without end is sent away, and the victim comes back by itself.",
            isShort: setting == .ipc,
            setting: setting
        ) { pair, findings in
            let meter = VictimMeter(of: pair.victim)
            defer { meter.end() }
            let limit = meter.descriptors + room
            try await pair.victim.perform(.limitDescriptors(limit))
            let ends = [pair.down, pair.up]
            let count = try await besideTasks {
                let end = ContinuousClock.now + .seconds(4)
                var connections: [RawConnection] = []
                while connections.count < strangers || ContinuousClock.now < end {
                    guard let connection = try? RawConnection(to: ends[connections.count % 2]) else { continue }
                    connections.append(connection)
                    // Those that were sent away come back.
                    if connections.count >= strangers * 2 { connections.removeFirst(strangers) }
                }
                return connections.count
            }
            findings.expect(count > room, "only \(count) strangers could connect")
        }
    }
}
