import EventCore
import Workloads

extension Rival {
    static func publishing(subscribers: Int, others: Int) -> [Rival] {
        [
            Rival(name: "AsyncStream") {
                await publish(on: StreamFanOut(.bufferingNewest(64)), subscribers: subscribers, others: others)
            },
            Rival(name: "actor") {
                await publish(
                    on: ActorBus(capacity: 64, policy: .dropOldest),
                    subscribers: subscribers,
                    others: others
                )
            },
            Rival(name: "PassthroughSubject") {
                await publish(on: CombineBus(), subscribers: subscribers, others: others)
            },
            Rival(name: "NotificationCenter") {
                await publish(on: NotificationBus(), subscribers: subscribers, others: others)
            },
        ]
    }

    static var subscribing: [Rival] {
        [
            Rival(name: "AsyncStream") { await subscribe(to: StreamFanOut(.bufferingNewest(64))) },
            Rival(name: "actor") { await subscribe(to: ActorBus(capacity: 64, policy: .dropOldest)) },
            Rival(name: "PassthroughSubject") { await subscribe(to: CombineBus()) },
            Rival(name: "NotificationCenter") { await subscribe(to: NotificationBus()) },
        ]
    }

    private static func publish<Peer: PeerBus>(on bus: Peer, subscribers: Int, others: Int) async -> Session {
        let envelope = Envelope(subject: Samples.busy)
        var readers: [Peer.Reader] = []
        for _ in 0..<subscribers { readers.append(await bus.subscribe(to: Samples.busy.rawValue)) }
        for number in 0..<others { readers.append(await bus.subscribe(to: "graph.run.r\(1000 + number).start")) }
        for _ in 0..<64 { await bus.publish(envelope) }
        return Session { passes in
            for _ in 0..<passes { await bus.publish(envelope) }
        } end: { [readers] in
            for reader in readers { await bus.unsubscribe(reader) }
        }
    }

    private static func subscribe<Peer: PeerBus>(to bus: Peer) async -> Session {
        var readers: [Peer.Reader] = []
        for number in 0..<1000 { readers.append(await bus.subscribe(to: "graph.run.r\(1000 + number).start")) }
        let subjects = (0..<256).map { "graph.run.r\($0).start" }
        return Session { passes in
            for pass in 0..<passes { await bus.unsubscribe(bus.subscribe(to: subjects[pass & 255])) }
        } end: { [readers] in
            for reader in readers { await bus.unsubscribe(reader) }
        }
    }
}
