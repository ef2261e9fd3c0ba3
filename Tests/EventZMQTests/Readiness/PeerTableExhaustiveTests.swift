import EventCore
import EventTransport
import Foundation
import Testing
import TransportSupport

@testable import EventZMQ

/// Tries every order in which what a few peers send can arrive, be cut off, sent again and read.
///
/// All of them take a minute, so only with `EVENT_EXPLORE=large`, as `make explore` sets it; otherwise a part of each world.
@Suite struct PeerTableExhaustiveTests {
    private static let maximumCount =
        ProcessInfo.processInfo.environment["EVENT_EXPLORE"] == "large" ? Int.max : 6000

    typealias Peer = PeerWorld.Peer

    private static func bus(
        _ bus: String,
        _ prefixes: [WirePrefix],
        at socket: Int = 0,
        isNamed: Bool = true,
        connections: Int = 2
    ) -> Peer {
        var script: [PeerWorld.Message] = [.begin(.presence(bus: bus))]
        for prefix in prefixes {
            script += [.begin(.interest(bus: bus, prefix: prefix)), .begin(.prefix(prefix))]
        }
        return Peer(bus: bus, identity: isNamed ? bus : nil, socket: socket, script: script, connections: connections)
    }

    /// A bus that asks for the same in plain, for publishers that are none.
    private static func asking(_ bus: String, _ prefixes: [WirePrefix], connections: Int = 2) -> Peer {
        var script: [PeerWorld.Message] = [.begin(.presence(bus: bus))]
        for prefix in prefixes {
            script += [.begin(.prefix(prefix.plain)), .begin(.prefix(prefix))]
            script += [.begin(.interest(bus: bus, prefix: prefix))]
        }
        return Peer(bus: bus, identity: bus, socket: 0, script: script, connections: connections)
    }

    private static func plain(_ prefixes: [WirePrefix], at socket: Int = 0, connections: Int = 2) -> Peer {
        Peer(socket: socket, script: prefixes.map { .begin(.prefix($0)) }, connections: connections)
    }

    /// Somebody who announces, in its own name or another's, and subscribes to nothing.
    private static func stranger(_ name: String, as bus: String, _ prefix: WirePrefix) -> Peer {
        Peer(bus: bus, identity: name, socket: 0, script: [.begin(.interest(bus: bus, prefix: prefix))])
    }

    struct Stage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var peers: [Peer]
    }

    static let stages = [
        Stage(testDescription: "a bus and a plain socket", peers: [bus("a", ["a.", "a.b."]), plain(["a.", "a.b."])]),
        Stage(
            testDescription: "a bus that asks in plain as well and a plain socket",
            peers: [asking("a", ["a."]), plain([inPlain], connections: 1)]
        ),
        Stage(
            testDescription: "two buses that ask in plain as well and a plain socket",
            peers: [
                asking("a", ["a."], connections: 1), asking("b", ["a."], connections: 1),
                plain([inPlain], connections: 1),
            ]
        ),
        Stage(
            testDescription: "a bus that asks in plain as well and gives that up, and a plain socket",
            peers: [leaving(asking("a", ["a.", "a.b."])), plain([inPlain], connections: 1)]
        ),
        Stage(testDescription: "two buses", peers: [bus("a", ["a."]), bus("b", ["a."])]),
        Stage(
            testDescription: "two buses and a plain socket",
            peers: [bus("a", ["a."], connections: 1), bus("b", ["a."]), plain(["a."], connections: 1)]
        ),
        Stage(
            testDescription: "a bus at two sockets, and a plain one",
            peers: [bus("a", ["a."]), bus("a", ["a."], at: 1, connections: 1), plain(["a.b."], connections: 1)]
        ),
        Stage(
            testDescription: "a bus, a plain socket and a stranger",
            peers: [bus("a", ["a."]), plain(["a."], connections: 1), stranger("s", as: "s", "a.")]
        ),
        Stage(
            testDescription: "a bus, a plain socket and somebody who pretends to be that bus",
            peers: [bus("a", ["a."]), plain(["a."], connections: 1), stranger("s", as: "a", "a.")]
        ),
        Stage(
            testDescription: "a bus that says nothing of itself and a plain socket",
            peers: [bus("a", ["a.", "a.b."], isNamed: false), plain(["a."])]
        ),
        Stage(
            testDescription: "two buses that say nothing of themselves and a plain socket",
            peers: [
                bus("a", ["a."], isNamed: false), bus("b", ["a."], isNamed: false, connections: 1),
                plain(["a."], connections: 1),
            ]
        ),
        Stage(
            testDescription: "a bus that says nothing of itself at two sockets",
            peers: [bus("a", ["a."], isNamed: false), bus("a", ["a."], at: 1, isNamed: false)]
        ),
        Stage(
            testDescription: "a bus that gives prefixes up and a plain socket",
            peers: [givingUp(bus("a", ["a.", "a.b."])), plain(["a."], connections: 1)]
        ),
        Stage(
            testDescription: "a bus that says nothing of itself and gives prefixes up, and a plain socket",
            peers: [givingUp(bus("a", ["a.", "a.b."], isNamed: false)), plain(["a."], connections: 1)]
        ),
    ]

    private static let inPlain = ("a." as WirePrefix).plain

    private static func leaving(_ peer: Peer) -> Peer {
        var peer = peer
        for prefix in ["a.", "a.b."] as [WirePrefix] {
            peer.script += [.end(.interest(bus: "a", prefix: prefix))]
            peer.script += [.end(.prefix(prefix.plain)), .end(.prefix(prefix))]
        }
        peer.connections = 1
        return peer
    }

    private static func givingUp(_ peer: Peer) -> Peer {
        var peer = peer
        peer.script += [.end(.prefix("a.")), .end(.interest(bus: "a", prefix: "a."))]
        peer.script += [.end(.interest(bus: "a", prefix: "a.b.")), .end(.prefix("a.b."))]
        peer.script += [.begin(.interest(bus: "a", prefix: "a.")), .begin(.prefix("a."))]
        peer.connections = 1
        return peer
    }

    @Test("counts whom it may, never twice, and in the end exactly", arguments: stages)
    func counts(_ stage: Stage) async {
        var seen: Set<PeerWorld> = []
        var open: [(world: PeerWorld, path: [PeerWorld.Step])] = [(PeerWorld(stage.peers), [])]
        while seen.count < Self.maximumCount, let (world, path) = open.popLast() {
            if seen.count.isMultiple(of: 200) { await Task.yield() }  // Tests beside this one wait with deadlines.
            for step in world.steps {
                var next = world
                next.perform(step)
                if let fault = next.fault {
                    Issue.record("\(fault) after \(path + [step])")
                    return
                }
                if seen.insert(next).inserted { open.append((next, path + [step])) }
            }
        }
        #expect(seen.count > 1000)
    }

    @Test("counts whom it may on long ways through a greater world", arguments: 0..<8)
    func wanders(_ seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let peers = [
            Self.bus("a", ["a.", "a.b."]), Self.bus("a", ["a.", "a.b."], at: 1), Self.bus("b", ["a."]),
            Self.bus("b", ["a.b."], at: 1), Self.plain(["a.", "a.b."]), Self.stranger("s", as: "s", "a."),
            Self.asking("c", ["a."]), Self.plain([Self.inPlain]),
        ]
        for _ in 0..<60 {
            var world = PeerWorld(peers)
            var path: [PeerWorld.Step] = []
            while let step = world.steps.randomElement(using: &random) {
                // Cuts are rare, so that the rest gets somewhere.
                if case .cut = step, Int.random(in: 0..<6, using: &random) > 0 { continue }
                world.perform(step)
                path.append(step)
                guard world.fault == nil else { break }
            }
            if let fault = world.fault {
                Issue.record("\(fault) after \(path)")
                return
            }
        }
    }
}
