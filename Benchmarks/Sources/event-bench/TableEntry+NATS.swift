import Measurement
import Workloads

extension TableEntry {
    /// The rows through NATS servers, beside a C program with libnats that moves the same through them.
    static func nats(rounds: Int) -> [TableEntry] {
        let shapes = [
            ("nats-throughput", "1 → 1, 260 bytes", NATSTransfer()),
            ("nats-subscriptions-10", "10 subscriptions of their own", NATSTransfer(subjects: 10)),
            ("nats-subscriptions-1000", "1000 subscriptions of their own", NATSTransfer(subjects: 1000)),
            ("nats-fan-out-4", "1 → 4, 260 bytes", NATSTransfer(count: 50_000, subscribers: 4)),
            ("nats-fan-out-16", "1 → 16, 260 bytes", NATSTransfer(count: 10_000, subscribers: 16)),
            ("nats-payload-10k", "payloads of 10 KB", NATSTransfer(count: 20_000, payload: 10_000)),
            ("nats-payload-100k", "payloads of 100 KB", NATSTransfer(count: 3000, payload: 100_000)),
            ("nats-cluster", "1 → 1, 260 bytes, from one server of three to another", NATSTransfer(servers: 3)),
        ]
        return shapes.map { name, work, transfer in
            TableEntry(name: name) { try natsThroughput(name, work, transfer, rounds: rounds) }
        } + [TableEntry(name: "nats-latency") { try natsLatency(rounds: rounds) }]
    }

    private static func natsThroughput(
        _ name: String,
        _ work: String,
        _ transfer: NATSTransfer,
        rounds: Int
    ) throws -> [Row] {
        let servers = try NATSServers(transfer.servers)
        var rates: [NATSSide: [Double]] = [:]
        for _ in 0..<rounds {
            for side in NATSSide.allCases {
                rates[side, default: []].append(try transfer.run(from: side, to: side, through: servers))
            }
        }
        func row(_ name: String, _ form: String, _ side: NATSSide, goals: (Double?, Double?)) -> Row {
            var row = Row(
                name: name,
                work: "NATS, between processes, \(work), \(form)",
                operation: "second",
                unit: .perSecond,
                figure: Timing(rates[side] ?? [])
            )
            row.add("libnats from C, one header", Timing(rates[.c] ?? []), goal: goals.0)
            row.add("libnats from C, no header", Timing(rates[.cBare] ?? []), goal: goals.1)
            return row
        }
        return [
            row(name, "header form", .bus, goals: (0.8, nil)),
            row("\(name)-body", "body form", .busBody, goals: (nil, 0.8)),
        ]
    }

    private static func natsLatency(rounds: Int) throws -> [Row] {
        let servers = try NATSServers(1)
        var latencies: [NATSSide: [WireLatency]] = [:]
        for _ in 0..<rounds {
            for side in NATSSide.allCases {
                latencies[side, default: []].append(try side.latency(through: servers, count: 5000))
            }
        }
        let percentiles: [(String, KeyPath<WireLatency, Double>, Double?)] = [
            ("p50", \.p50, 1 / 1.3), ("p99", \.p99, nil), ("p99.9", \.p999, nil),
        ]
        func rows(_ name: String, _ form: String, _ side: NATSSide, goalBeside peer: NATSSide) -> [Row] {
            percentiles.map { percentile, path, goal in
                func figures(_ side: NATSSide) -> Timing { Timing((latencies[side] ?? []).map { $0[keyPath: path] }) }
                var row = Row(
                    name: name,
                    work: "NATS, two processes, round trip, \(form), \(percentile)",
                    operation: "round trip",
                    unit: .microseconds,
                    figure: figures(side)
                )
                row.add("libnats from C, one header", figures(.c), goal: peer == .c ? goal : nil)
                row.add("libnats from C, no header", figures(.cBare), goal: peer == .cBare ? goal : nil)
                return row
            }
        }
        return rows("nats-latency", "header form", .bus, goalBeside: .c)
            + rows("nats-latency-body", "body form", .busBody, goalBeside: .cBare)
    }
}

/// Who publishes and who subscribes through a server: the bus with a header or all in the body, or the C program with and
/// without the header of a bus.
enum NATSSide: CaseIterable {
    case bus, busBody, c, cBare

    private func child(_ mode: String, _ arguments: [String]) throws -> Child {
        switch self {
        case .bus: try Child("event-bench", ["nats-\(mode)"] + arguments)
        case .busBody:
            try Child("event-bench", ["nats-\(mode)"] + arguments + (mode == "subscribe" ? [] : ["--body"]))
        case .c: try Child("nats-in-c", [mode] + arguments)
        case .cBare: try Child("nats-in-c", ["\(mode)-bare"] + arguments)
        }
    }

    func publish(_ arguments: [String]) throws -> Child { try child("publish", arguments) }
    func subscribe(_ arguments: [String]) throws -> Child { try child("subscribe", arguments) }

    func latency(through servers: NATSServers, count: Int) throws -> WireLatency {
        let pong = try child("pong", [servers.urls[0]])
        defer { pong.end() }
        return try child("ping", [servers.urls[0], String(count)]).answer(WireLatency.self)
    }
}

/// Envelopes on their way through NATS servers, from one process to others.
struct NATSTransfer {
    var count = 200_000
    var payload = Samples.wirePayloadCount
    var subscribers = 1
    var subjects = 1
    /// One, or a cluster: then publisher and subscribers are connected to different ones.
    var servers = 1

    /// Moves them.
    ///
    /// - Returns: How many each subscriber got in a second; of several the slowest.
    /// - Throws: ``Child/Failure`` also when one of them did not arrive, for a figure would mean nothing then.
    func run(from publisher: NATSSide, to subscriber: NATSSide, through running: NATSServers) throws -> Double {
        let listening = try (0..<subscribers).map { _ in
            try subscriber.subscribe([running.urls[servers - 1], String(count), String(subjects)])
        }
        defer { for child in listening { child.end() } }
        let numbers = [count, payload, subscribers, subjects].map { String($0) }
        let sending = try publisher.publish([running.urls[0]] + numbers)
        defer { sending.end() }
        let received = try listening.map { try $0.answer(WireResult.self) }
        try sending.wait()
        for result in received where result.received != count || result.lost ?? 0 != 0 {
            throw Child.Failure(description: "\(result.received) of \(count) envelopes arrived")
        }
        return received.map { Double($0.received - 1) / $0.seconds }.min() ?? 0
    }
}
