import Workloads

extension Rival {
    static func idle(_ count: Int) -> [Rival] {
        [
            Rival(name: "AsyncStream") { await idle(count, on: StreamFanOut(.bufferingNewest(64))) },
            Rival(name: "actor") { await idle(count, on: ActorBus(capacity: 64, policy: .dropOldest)) },
            Rival(name: "PassthroughSubject") { await idle(count, on: CombineBus()) },
            Rival(name: "NotificationCenter") { await idle(count, on: NotificationBus()) },
        ]
    }

    private static func idle<Peer: PeerBus>(_ count: Int, on bus: Peer) async -> Session {
        var readers: [Peer.Reader] = []
        for number in 0..<count { readers.append(await bus.subscribe(to: "graph.run.r\(number).start")) }
        return Session { _ in
        } end: { [readers] in
            for reader in readers { await bus.unsubscribe(reader) }
        }
    }
}
