import EventCore
import EventZMQ

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
            }
        ]
    }
}
