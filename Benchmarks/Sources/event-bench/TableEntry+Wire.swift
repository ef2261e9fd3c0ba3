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
        } + [
            TableEntry(name: "zmq-throughput-tcp-curve") {
                [try throughput(over: .tcp, keys: try KeyFolder(), rounds: rounds)]
            }
        ]
    }

    private static func throughput(over kind: Endpoint.Kind, keys: KeyFolder? = nil, rounds: Int) throws -> Row {
        let count = 500_000
        var rates: [String: [Double]] = [:]
        for _ in 0..<rounds {
            for (name, publisher, subscriber) in [
                ("ours", Side.bus, Side.bus), ("libzmq from C", .c, .c), ("C, one frame", .cOneFrame, .cOneFrame),
                ("ours to C", .bus, .cOneFrame), ("C to ours", .cOneFrame, .bus),
            ] {
                let result = try transfer(
                    count,
                    payload: Samples.wirePayloadCount,
                    from: publisher,
                    to: subscriber,
                    over: kind,
                    keys: keys
                )
                rates[name, default: []].append(Double(result.received - 1) / result.seconds)
            }
        }
        var row = Row(
            name: "zmq-throughput-\(kind)\(keys == nil ? "" : "-curve")",
            work: "ZeroMQ, two processes, 260-byte envelopes, \(kind)\(keys == nil ? "" : ", CURVE")",
            operation: "second",
            unit: .perSecond,
            figure: Timing(rates["ours"] ?? []),
            target: Timing(rates["libzmq from C"] ?? []).median * (kind == .ipc ? 1.2 : 1)
        )
        for name in ["libzmq from C", "C, one frame", "ours to C", "C to ours"] {
            row.add(name, Timing(rates[name] ?? []))
        }
        return row
    }

    private static func latency(over kind: Endpoint.Kind, rounds: Int) throws -> [Row] {
        var ours: [WireLatency] = []
        var others: [WireLatency] = []
        var ofOneFrame: [WireLatency] = []
        for _ in 0..<rounds {
            func measured(_ side: Side) throws -> WireLatency {
                try side.latency(Endpoint(kind).address, Endpoint(kind).address, count: 10_000)
            }
            ours.append(try measured(.bus))
            others.append(try measured(.c))
            ofOneFrame.append(try measured(.cOneFrame))
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
            row.add("C, one frame", Timing(ofOneFrame.map { $0[keyPath: path] }))
            return row
        }
    }
}
