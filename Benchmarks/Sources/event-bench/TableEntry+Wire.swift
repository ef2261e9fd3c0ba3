import Foundation
import Measurement
import Workloads

extension TableEntry {
    /// The rows between two processes, beside the C program that moves the same frames.
    static func wire(rounds: Int) -> [TableEntry] {
        Endpoint.Kind.allCases.flatMap { kind in
            [
                TableEntry(name: "zmq-throughput-\(kind)") { [try throughput(over: kind, rounds: rounds)] },
                TableEntry(name: "zmq-latency-\(kind)") { try latency(over: kind, rounds: rounds) },
            ]
        }
    }

    /// Who publishes and who subscribes: the bus or the C program.
    private enum Side {
        case bus, c

        func publish(_ arguments: [String]) throws -> Child {
            switch self {
            case .bus: try Child("event-bench", ["wire-publish"] + arguments)
            case .c: try Child("wire-in-c", ["publish"] + arguments)
            }
        }

        func subscribe(_ arguments: [String]) throws -> Child {
            switch self {
            case .bus: try Child("event-bench", ["wire-subscribe"] + arguments)
            case .c: try Child("wire-in-c", ["subscribe"] + arguments)
            }
        }

        func latency(_ mine: String, _ theirs: String, count: Int) throws -> WireLatency {
            let (program, prefix) = self == .bus ? ("event-bench", "wire-") : ("wire-in-c", "")
            let pong = try Child(program, [prefix + "pong", theirs, mine])
            defer { pong.end() }
            return try Child(program, [prefix + "ping", mine, theirs, String(count)]).answer(WireLatency.self)
        }
    }

    private static func throughput(over kind: Endpoint.Kind, rounds: Int) throws -> Row {
        let count = 500_000
        var rates: [String: [Double]] = [:]
        for _ in 0..<rounds {
            for (name, publisher, subscriber) in [
                ("ours", Side.bus, Side.bus), ("libzmq from C", .c, .c), ("ours to C", .bus, .c),
            ] {
                let result = try transfer(
                    count,
                    payload: Samples.wirePayloadCount,
                    from: publisher,
                    to: subscriber,
                    over: kind
                )
                rates[name, default: []].append(Double(result.received - 1) / result.seconds)
            }
        }
        var row = Row(
            name: "zmq-throughput-\(kind)",
            work: "ZeroMQ, two processes, 260-byte envelopes, \(kind)",
            operation: "second",
            unit: .perSecond,
            figure: Timing(rates["ours"] ?? []),
            target: Timing(rates["libzmq from C"] ?? []).median * 0.6
        )
        for name in ["libzmq from C", "ours to C"] { row.add(name, Timing(rates[name] ?? [])) }
        return row
    }

    /// Moves envelopes from one process to another.
    ///
    /// - Throws: ``Child/Failure`` also when one of them did not arrive, for a figure would mean nothing then.
    private static func transfer(
        _ count: Int,
        payload: Int,
        from publisher: Side,
        to subscriber: Side,
        over kind: Endpoint.Kind
    ) throws -> WireResult {
        let endpoint = Endpoint(kind).address
        let subscribing = try subscriber.subscribe([endpoint, String(count)])
        defer { subscribing.end() }
        let publishing = try publisher.publish([endpoint, String(count), String(payload)])
        defer { publishing.end() }
        let result = try subscribing.answer(WireResult.self)
        try publishing.wait()
        guard result.received == count, result.lost ?? 0 == 0 else {
            throw Child.Failure(description: "\(result.received) of \(count) envelopes arrived over \(endpoint)")
        }
        if let bytes = result.bytes, payload == Samples.wirePayloadCount {
            let each = Double(bytes) / Double(count)
            guard (258...262).contains(each) else {
                throw Child.Failure(description: "an envelope has \(each) bytes instead of about 260")
            }
        }
        return result
    }

    private static func latency(over kind: Endpoint.Kind, rounds: Int) throws -> [Row] {
        var ours: [WireLatency] = []
        var others: [WireLatency] = []
        for _ in 0..<rounds {
            ours.append(try Side.bus.latency(Endpoint(kind).address, Endpoint(kind).address, count: 10_000))
            others.append(try Side.c.latency(Endpoint(kind).address, Endpoint(kind).address, count: 10_000))
        }
        let percentiles: [(String, KeyPath<WireLatency, Double>)] = [("p50", \.p50), ("p99", \.p99), ("p99.9", \.p999)]
        return percentiles.map { name, path in
            var row = Row(
                name: "zmq-latency-\(kind)",
                work: "ZeroMQ, two processes, round trip, \(kind), \(name)",
                operation: "round trip",
                unit: .microseconds,
                figure: Timing(ours.map { $0[keyPath: path] })
            )
            row.add("libzmq from C", Timing(others.map { $0[keyPath: path] }))
            return row
        }
    }
}

/// An address that nobody else uses.
struct Endpoint {
    /// What it leads over.
    enum Kind: String, CaseIterable {
        case ipc, tcp
    }

    let address: String

    /// Makes one up.
    init(_ kind: Kind) {
        switch kind {
        case .ipc: address = "ipc:///tmp/event-bench-\(UUID().uuidString)"
        // Below the ports that the system gives to those who connect.
        case .tcp: address = "tcp://127.0.0.1:\(Int.random(in: 20_000..<32_000))"
        }
    }
}
