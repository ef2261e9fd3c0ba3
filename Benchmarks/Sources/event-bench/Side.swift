import Measurement
import Workloads

/// Who publishes and who subscribes: the bus or the C program, which sends three frames or the one that buses send.
enum Side {
    case bus, c, cOneFrame

    private var suffix: String { self == .cOneFrame ? "-one" : "" }

    /// Begins to read; `isConfirmed` says whether publishers are buses.
    func subscribe(_ arguments: [String], isConfirmed: Bool) throws -> Child {
        switch self {
        case .bus: try Child("event-bench", ["wire-subscribe"] + arguments + (isConfirmed ? [] : ["--unconfirmed"]))
        case .c, .cOneFrame: try Child("wire-in-c", ["subscribe\(suffix)"] + arguments)
        }
    }

    /// Begins to publish; `isConfirmed` says whether subscribers are buses.
    func publish(_ arguments: [String], isConfirmed: Bool) throws -> Child {
        switch self {
        case .bus: try Child("event-bench", ["wire-publish"] + arguments + (isConfirmed ? ["--confirmed"] : []))
        case .c, .cOneFrame: try Child("wire-in-c", ["publish\(suffix)"] + arguments)
        }
    }

    // With `flags`, both programs of the bus do as these say.
    func latency(_ mine: String, _ theirs: String, count: Int, flags: [String] = []) throws -> WireLatency {
        let (program, prefix) = self == .bus ? ("event-bench", "wire-") : ("wire-in-c", "")
        let pong = try Child(program, [prefix + "pong\(suffix)", theirs, mine] + flags)
        defer { pong.end() }
        let ping = [prefix + "ping\(suffix)", mine, theirs, String(count)] + flags
        return try Child(program, ping).answer(WireLatency.self)
    }
}

/// Envelopes on their way from some processes to others.
struct Transfer {
    var kind: Endpoint.Kind
    /// How many each publisher sends.
    var count = 500_000
    var payload = Samples.wirePayloadCount
    var publishers = 1
    var subscribers = 1
    var keys: KeyFolder?

    /// What a transfer took.
    struct Cost {
        /// Envelopes that each subscriber got in a second; of several the slowest.
        var rate: Double
        /// Seconds of processor time of all processes, for each envelope that was published.
        var processor: Double
        /// Seconds from the first publish of all to the last envelope that any subscriber read.
        var seconds: Double
    }

    /// Moves them.
    ///
    /// - Throws: ``Child/Failure`` also when one of them did not arrive, for a figure would mean nothing then.
    func run(from publisher: Side, to subscriber: Side) throws -> Cost {
        let endpoints = (0..<publishers).map { _ in Endpoint(kind).address }
        let folder = keys.map { [$0.path] } ?? []
        let total = count * publishers
        let listening = try (0..<subscribers).map { _ in
            try subscriber.subscribe(
                [endpoints.joined(separator: ","), String(total)] + folder,
                isConfirmed: publisher == .bus
            )
        }
        defer { for child in listening { child.end() } }
        let sending = try endpoints.map { endpoint in
            try publisher.publish(
                [endpoint, String(count), String(payload), String(subscribers)] + folder,
                isConfirmed: subscriber == .bus
            )
        }
        defer { for child in sending { child.end() } }
        // Whoever runs for so long waits for what never comes.
        let limit = Task.detached {
            try await Task.sleep(for: .seconds(120))
            for child in listening + sending { child.end() }
        }
        defer { limit.cancel() }
        let received = try listening.map { try $0.answer(WireResult.self) }
        let sent = try sending.map { try $0.answer(WireCost.self) }
        for result in received { try check(result, total, subscriber) }
        let processor = received.reduce(0) { $0 + $1.processor } + sent.reduce(0) { $0 + $1.processor }
        return Cost(
            rate: received.map { Double($0.received - 1) / $0.seconds }.min() ?? 0,
            processor: processor / Double(total),
            seconds: (received.compactMap(\.ended).max() ?? .nan) - (sent.compactMap(\.began).min() ?? .nan)
        )
    }

    private func check(_ result: WireResult, _ total: Int, _ subscriber: Side) throws {
        guard result.received == total, result.lost ?? 0 == 0 else {
            let gaps = result.lost.map { ", \($0) lost by their numbers" } ?? ""
            throw Child.Failure(description: "\(result.received) of \(total) envelopes arrived over \(kind)\(gaps)")
        }
        guard let bytes = result.bytes, payload == Samples.wirePayloadCount else { return }
        let each = Double(bytes) / Double(total)
        // With the publisher's id, 14 bytes, where the connection does not name a bus.
        // In one frame those that leave together have their subject once.
        let expected = subscriber == .c ? 258.0...272 : 135...170
        guard expected.contains(each) else {
            throw Child.Failure(description: "an envelope has \(each) bytes instead of \(expected)")
        }
    }
}
