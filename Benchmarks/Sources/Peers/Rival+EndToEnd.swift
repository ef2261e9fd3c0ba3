import EventCore
import Workloads

extension Rival {
    static func endToEnd(publishers: Int, subscribers: Int) -> [Rival] {
        [
            Rival(name: "AsyncStream") {
                await endToEnd(on: StreamFanOut(.unbounded), publishers: publishers, subscribers: subscribers)
            },
            Rival(name: "AsyncChannel") {
                await endToEnd(on: ChannelFanOut(), publishers: publishers, subscribers: subscribers)
            },
            Rival(name: "actor") {
                let bus = ActorBus(capacity: 1024, policy: .block)
                return await endToEnd(on: bus, publishers: publishers, subscribers: subscribers)
            },
        ]
    }

    static var pingPong: [Rival] {
        [
            Rival(name: "AsyncStream") { await pingPong(on: StreamFanOut(.unbounded)) },
            Rival(name: "AsyncChannel") { await pingPong(on: ChannelFanOut()) },
            Rival(name: "actor") { await pingPong(on: ActorBus(capacity: 64, policy: .block)) },
        ]
    }

    private static func endToEnd<Peer: ReadablePeerBus>(
        on bus: Peer,
        publishers: Int,
        subscribers: Int
    ) async -> Session {
        let envelope = Envelope(subject: Samples.busy)
        var readers: [Peer.Reader] = []
        for _ in 0..<subscribers { readers.append(await bus.subscribe(to: Samples.busy.rawValue)) }
        return Session { [readers] passes in
            await withTaskGroup { group in
                for reader in readers {
                    group.addTask { await bus.read(passes, from: reader) }
                }
                for share in evenShares(of: passes, among: publishers) {
                    group.addTask {
                        for _ in 0..<share { await bus.publish(envelope) }
                    }
                }
            }
        } end: { [readers] in
            for reader in readers { await bus.unsubscribe(reader) }
        }
    }

    private static func pingPong<Peer: ReadablePeerBus>(on bus: Peer) async -> Session {
        let ping = Envelope(subject: "ping")
        let pong = Envelope(subject: "pong")
        let pings = await bus.subscribe(to: "ping")
        let pongs = await bus.subscribe(to: "pong")
        return Session { passes in
            await withTaskGroup { group in
                group.addTask {
                    for _ in 0..<passes {
                        await bus.read(1, from: pings)
                        await bus.publish(pong)
                    }
                }
                group.addTask {
                    for _ in 0..<passes {
                        await bus.publish(ping)
                        await bus.read(1, from: pongs)
                    }
                }
            }
        } end: {
            await bus.unsubscribe(pings)
            await bus.unsubscribe(pongs)
        }
    }
}
