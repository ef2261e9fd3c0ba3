import EventCore
import EventZMQ
import Foundation

extension Workload {
    static var transport: [Workload] {
        [
            Workload("zmq-local", "ZMQBus, publish to 1 local subscription (dropOldest, full)", per: "publish") {
                let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind("ipc://*")], subscribe: []))
                let subscription = try await bus.subscribe(to: "graph.>", options: keepLatest)
                let envelope = Envelope(subject: Samples.busy)
                return Session { passes in
                    for _ in 0..<passes { try await bus.publish(envelope) }
                } end: {
                    await bus.close()
                    withExtendedLifetime(subscription) {}
                }
            },
            Workload(
                "zmq-unwanted",
                "ZMQBus, publish what nobody wants where somebody wants something else",
                per: "publish"
            ) {
                let endpoint = "ipc:///tmp/event-bench-\(UUID().uuidString)"
                let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(endpoint)], subscribe: []))
                let other = try ZMQBus(configuration: ZMQBusConfiguration(publish: [], subscribe: [.connect(endpoint)]))
                let subscription = try await other.subscribe(to: "kanban.>", options: keepLatest)
                let envelope = Samples.wire()
                return Session { passes in
                    for _ in 0..<passes { try await bus.publish(envelope) }
                } end: {
                    await bus.close()
                    await other.close()
                    withExtendedLifetime(subscription) {}
                }
            },
        ]
    }
}
