import EventCore
import EventMemory
import Foundation
import Measurement
import Workloads

extension Curve {
    /// Nanoseconds per envelope, from publisher to subscriber, against the length of its payload.
    static func overPayloads(_ race: Race) async throws -> [Curve] {
        var memory = Curve(plot: "payload", series: "MemoryBus, end to end")
        var ours = Curve(plot: "payload", series: "ZMQBus, two processes, ipc")
        var others = Curve(plot: "payload", series: "libzmq from C, two processes, ipc")
        for payload in [0, 100, 1000, 10_000, 100_000, 1_000_000] {
            memory.points.append(Point(x: Double(payload), y: try await throughMemory(payload, race)))
            let count = max(200, min(200_000, 200_000_000 / (payload + 1)))
            for (side, isOurs) in [(Side.bus, true), (.c, false)] {
                let rates = try (0..<3).map { _ in
                    1e9 / (try Transfer(kind: .ipc, count: count, payload: payload).run(from: side, to: side).rate)
                }
                let point = Point(x: Double(payload), y: Timing(rates).median)
                if isOurs { ours.points.append(point) } else { others.points.append(point) }
            }
        }
        return [memory, ours, others]
    }

    private static func throughMemory(_ payload: Int, _ race: Race) async throws -> Double {
        let bus = MemoryBus()
        let options = SubscriptionOptions(bufferCapacity: 1024, backpressure: .block)
        let subscription = try await bus.subscribe(to: "graph.>", options: options)
        let envelope = Samples.wire(payloadCount: payload)
        let timing = try await race.run([
            Session { passes in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        var iterator = subscription.makeAsyncIterator()
                        for _ in 0..<passes { _ = await iterator.next() }
                    }
                    group.addTask { for _ in 0..<passes { try await bus.publish(envelope) } }
                    try await group.waitForAll()
                }
            }
        ])[0]
        await bus.close()
        return timing.median
    }
}
