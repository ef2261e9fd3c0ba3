import IntegrationSupport
import NATSSupport

/// A plain client of a NATS server speaks to the buses there.
extension Attack {
    static let nats = [malformedControl, forgedEnvelopes, forgedLedger, hugePayloads, foreignSubjects]

    /// An attack by a client of the server of the two.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - shows: What would go unnoticed without it.
    ///   - isShort: Whether it is in the selection for every change.
    ///   - budget: By how much the victim's memory may grow.
    ///   - weakness: Why it is known that the attack is not held.
    ///   - refused: How many messages the victim has to tell as malformed.
    ///   - body: What the client does, on a thread of its own.
    /// - Returns: The attack.
    private static func overNATS(
        _ name: String,
        _ shows: String,
        isShort: Bool = false,
        budget: Budget = .small,
        weakness: String? = nil,
        refused: ClosedRange<Int> = 0...0,
        _ body: @escaping @Sendable (inout NATSStranger) throws -> Void
    ) -> Attack {
        Attack(
            name: "\(name) over NATS",
            shows: shows,
            isShort: isShort,
            setting: .nats,
            budget: budget,
            weakness: weakness
        ) { pair, findings in
            guard let port = pair.server?.port else { throw HonestPair.Fault(description: "there is no server") }
            let count = try await pair.refusals(expecting: refused.lowerBound) {
                try await besideTasks {
                    var stranger = try NATSStranger(to: port, namespace: HonestPair.namespace)
                    try body(&stranger)
                }
            }
            findings.expect(
                refused.contains(count),
                "\(count) are told as malformed, which should be from \(refused.lowerBound) to \(refused.upperBound)"
            )
        }
    }

    private static let malformedControl = overNATS(
        "40 000 malformed control messages",
        "What is no control message is counted, and does nothing.",
        isShort: true,
        // Half of what is told to one bus; what is told to all is of another version, but for some.
        refused: 1...11_000
    ) { stranger in
        let buses = try stranger.findBuses()
        for number in 0..<20_000 {
            let bytes = ZMTP.random(number % 200)
            stranger.tellAll(bytes)
            stranger.tell(buses[number % 2], [1, UInt8(number % 12)] + bytes)
        }
        try stranger.settle()
    }

    private static let forgedEnvelopes = overNATS(
        "20 000 envelopes with forged origins",
        "What claims to be of another bus, or of none that is there, makes no losses.",
        isShort: true,
        budget: Budget(during: 60, after: 60),
        // The last four are no envelopes; the victim may still be reading what comes before them.
        refused: 0...4
    ) { stranger in
        let buses = try stranger.findBuses()
        for number in 0..<20_000 {
            let origin = number % 2 == 0 ? buses[number / 2 % 2] : NATSStranger.invented(number)
            let header = #"{"v":1,"origin":"\#(origin)","source":"forger","n":\#(1_000_000_000 + number)}"#
            stranger.publish(Array("1".utf8), header: header, on: stranger.subject)
        }
        for header in [#"{"v":1"#, "[]", #"{"v":9}"#, String(repeating: "{", count: 2000)] {
            stranger.publish([], header: header, on: stranger.subject)
        }
        try stranger.settle()
    }

    private static let forgedLedger = overNATS(
        "books in the name of another bus",
        "Who may write to the control subjects is believed.",
        weakness: "whoever may publish on the control subjects can make a bus say that something is lost"
    ) { stranger in
        let buses = try stranger.findBuses()
        let many: [UInt8] = [0xFF, 0xFF, 0xFF, 0x7F]
        // Its serial, the number so far, not the last one, and one segment, that goes on: version, from, to, total.
        let lines = many + many + [0, 1] + [1, 0, 0] + many
        for (bus, other) in [(buses[0], buses[1]), (buses[1], buses[0])] {
            stranger.tell(bus, NATSStranger.message(7, from: other, lines))
        }
        try stranger.settle()
    }

    private static let hugePayloads = overNATS(
        "50 payloads of the server's limit of 1 MiB, and a larger one,",
        "What is as large as the server lets it be is delivered, and what is larger does not get through.",
        isShort: true,
        budget: Budget(during: 400, after: 200)
    ) { stranger in
        let most = [UInt8](repeating: 0x20, count: 1 << 20)
        for _ in 0..<50 { stranger.publish(most, on: stranger.subject) }
        try stranger.settle()
        stranger.publish(most + [0x20], on: stranger.subject)
        let isCutOff = (try? stranger.settle()) == nil
        guard isCutOff else { throw HonestPair.Fault(description: "the server takes more than its limit") }
    }

    private static let foreignSubjects = overNATS(
        "20 000 messages outside the namespace",
        "Nothing but what is in the namespace reaches a bus."
    ) { stranger in
        let subjects = [
            "honest.honest", "other.honest.honest", "x\(stranger.subject)", "_eb.all", "_eb.other.all", "_INBOX.x",
            "$JS.API.INFO", HonestPair.namespace,
        ]
        // Neither an envelope nor a control message, so that a bus would tell of it.
        for number in 0..<20_000 {
            stranger.publish([1, 0xFF], header: "{", on: subjects[number % subjects.count])
        }
        try stranger.settle()
    }
}
