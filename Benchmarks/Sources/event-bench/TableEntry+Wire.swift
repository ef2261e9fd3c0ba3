import Foundation
import Measurement
import Workloads

extension TableEntry {
    /// The rows between processes, beside the C program that moves the same frames.
    static func wire(rounds: Int) -> [TableEntry] {
        let ways = Endpoint.Kind.allCases.flatMap { kind in
            [
                TableEntry(name: "zmq-throughput-\(kind)") { try throughput(over: kind, rounds: rounds) },
                TableEntry(name: "zmq-latency-\(kind)") { try latency(over: kind, rounds: rounds) },
            ]
        }
        let others = [
            ("zmq-throughput-tcp-curve", "1 → 1, 260 bytes, tcp, CURVE", 0.85, Shape(kind: .tcp, isSecure: true)),
            ("zmq-throughput-16k", "1 → 1, payloads of 16 KB, ipc", 0.95, Shape(count: 50_000, payload: 16_384)),
            ("zmq-throughput-1m", "1 → 1, payloads of 1 MB, ipc", 0.95, Shape(count: 1000, payload: 1 << 20)),
            ("zmq-fan-out-4", "1 → 4, 260 bytes, ipc", 0.8, Shape(count: 200_000, subscribers: 4)),
            ("zmq-fan-in-4", "4 → 1, 260 bytes, ipc", 0.8, Shape(count: 100_000, publishers: 4)),
        ]
        return ways
            + others.map { name, work, goal, shape in
                TableEntry(name: name) { [try besideC(name, work, shape, goal: goal, rounds: rounds)] }
            } + [TableEntry(name: "zmq-prefixes") { [try prefixes(rounds: rounds)] }]
    }

    /// How many send what to how many.
    private struct Shape {
        var kind = Endpoint.Kind.ipc
        var count = 500_000
        var payload = Samples.wirePayloadCount
        var publishers = 1
        var subscribers = 1
        var isSecure = false

        func transfer() throws -> Transfer {
            Transfer(
                kind: kind,
                count: count,
                payload: payload,
                publishers: publishers,
                subscribers: subscribers,
                keys: isSecure ? try KeyFolder() : nil
            )
        }
    }

    private static func besideC(_ name: String, _ work: String, _ shape: Shape, goal: Double, rounds: Int) throws -> Row
    {
        let transfer = try shape.transfer()
        var ours: [Double] = []
        var others: [Double] = []
        for _ in 0..<rounds {
            ours.append(try transfer.run(from: .bus, to: .bus).rate)
            others.append(try transfer.run(from: .cOneFrame, to: .cOneFrame).rate)
        }
        var row = Row(
            name: name,
            work: "ZeroMQ, between processes, \(work)",
            operation: "second",
            unit: .perSecond,
            figure: Timing(ours)
        )
        row.add("C, one frame", Timing(others), goal: goal)
        return row
    }

    private static func throughput(over kind: Endpoint.Kind, rounds: Int) throws -> [Row] {
        let transfer = try Shape(kind: kind).transfer()
        var costs: [String: [Transfer.Cost]] = [:]
        for _ in 0..<rounds {
            for (name, publisher, subscriber) in [
                ("ours", Side.bus, Side.bus), ("libzmq from C", .c, .c), ("C, one frame", .cOneFrame, .cOneFrame),
                ("ours to C", .bus, .cOneFrame), ("C to ours", .cOneFrame, .bus),
            ] {
                costs[name, default: []].append(try transfer.run(from: publisher, to: subscriber))
            }
        }
        func row(_ name: String, _ work: String, _ unit: Row.Unit, _ figure: (Transfer.Cost) -> Double) -> Row {
            var row = Row(
                name: "zmq-\(name)-\(kind)",
                work: "ZeroMQ, two processes, 260-byte envelopes, \(kind)\(work)",
                operation: unit == .perSecond ? "second" : "envelope",
                unit: unit,
                figure: Timing(costs["ours", default: []].map(figure))
            )
            let goals =
                unit == .perSecond
                ? ["libzmq from C": kind == .ipc ? 1.2 : 1, "C, one frame": 0.75] : ["libzmq from C": 1 / 1.5]
            for name in ["libzmq from C", "C, one frame", "ours to C", "C to ours"] {
                row.add(name, Timing(costs[name, default: []].map(figure)), goal: goals[name])
            }
            return row
        }
        return [
            row("throughput", "", .perSecond) { $0.rate },
            row("processor", ", processor time of both", .microseconds) { $0.processor * 1e6 },
        ]
    }

    private static func latency(over kind: Endpoint.Kind, rounds: Int) throws -> [Row] {
        var ours: [WireLatency] = []
        var onBusThread: [WireLatency] = []
        var others: [WireLatency] = []
        var ofOneFrame: [WireLatency] = []
        for _ in 0..<rounds {
            func measured(_ side: Side, flags: [String] = []) throws -> WireLatency {
                try side.latency(Endpoint(kind).address, Endpoint(kind).address, count: 10_000, flags: flags)
            }
            ours.append(try measured(.bus))
            onBusThread.append(try measured(.bus, flags: ["--on-bus-thread"]))
            others.append(try measured(.c))
            ofOneFrame.append(try measured(.cOneFrame))
        }
        let percentiles: [(String, KeyPath<WireLatency, Double>, Double?)] = [
            ("p50", \.p50, 1 / 1.4), ("p99", \.p99, 1 / 2), ("p99.9", \.p999, nil),
        ]
        func rows(_ name: String, _ work: String, _ figures: [WireLatency]) -> [Row] {
            percentiles.map { percentile, path, goal in
                var row = Row(
                    name: name,
                    work: "ZeroMQ, two processes, round trip, \(kind)\(work), \(percentile)",
                    operation: "round trip",
                    unit: .microseconds,
                    figure: Timing(figures.map { $0[keyPath: path] })
                )
                row.add("libzmq from C", Timing(others.map { $0[keyPath: path] }), goal: goal)
                row.add("C, one frame", Timing(ofOneFrame.map { $0[keyPath: path] }))
                return row
            }
        }
        return rows("zmq-latency-\(kind)", "", ours)
            + rows("zmq-latency-\(kind)-on-thread", ", tasks on the bus's thread", onBusThread)
    }

    private static func prefixes(rounds: Int) throws -> Row {
        func publishing(_ prefixes: Int) throws -> Double {
            let arguments = [Endpoint(.ipc).address, String(prefixes), "200000"]
            return try Child("event-bench", ["wire-prefixes"] + arguments).answer(WirePublishing.self).nanoseconds
        }
        var many: [Double] = []
        var one: [Double] = []
        for _ in 0..<rounds {
            many.append(try publishing(10_000))
            one.append(try publishing(1))
        }
        var row = Row(
            name: "zmq-prefixes",
            work: "publish, 10 000 prefixes announced, one of which wants it",
            operation: "publish",
            unit: .nanoseconds,
            figure: Timing(many)
        )
        row.add("one prefix", Timing(one), goal: 1 / 1.3)
        return row
    }
}
