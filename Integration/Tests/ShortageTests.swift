import Foundation
import IntegrationSupport
import Testing

/// Descriptors run out in a process of its own, which has to live on.
@Suite(.timeLimit(.minutes(3))) struct ShortageTests {
    private func exhausted(_ report: PeerReport) -> (times: Int, refusals: [String]) {
        guard case .exhausted(let times, let refusals) = report else { return (-1, ["\(report)"]) }
        return (times, refusals)
    }

    @Test func `a bus is opened or refused under every limit`() async throws {
        try await Stage.run { stage in
            let peer = try await stage.peer("short", ["--publish", "bind:\(stage.address("own"))"])
            let report = try await peer.perform(.openShort(lower: 8, upper: 120, address: stage.address()))
            let (opened, refusals) = exhausted(report)
            #expect(opened > 80)
            #expect(refusals == ["Too many open files"])
        }
    }

    @Test func `a connection that has ended for good comes back when there are descriptors again`() async throws {
        try await Stage.run { stage in
            let peer = try await stage.peer("short", ["--publish", "bind:\(stage.address("own"))"])
            let report = try await peer.perform(.restartShort(lower: -3, upper: 5, address: stage.address()))
            let (rounds, said) = exhausted(report)
            #expect(rounds == 9)
            #expect(said == ["restarted true"])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become a user whose threads nobody else adds to"))
    func `a bus is opened or refused however few threads may be started`() async throws {
        try await Stage.run { stage in
            let peer = try await stage.peer("threadless", ["--publish", "bind:tcp://127.0.0.1:*"])
            let (opened, refusals) = exhausted(try await peer.perform(.openThreadless(lower: 0, upper: 24)))
            #expect(opened > 8)
            #expect(refusals == ["Resource temporarily unavailable"])
        }
    }

    @Test(arguments: ["ipc", "tcp"])
    func `whoever connects until descriptors run out is sent away`(_ transport: String) async throws {
        try await Stage.run { stage in
            let address = transport == "ipc" ? stage.address() : "tcp://127.0.0.1:*"
            let publisher = try await stage.peer("publisher", ["--publish", "bind:\(address)"])
            let endpoint = try #require(publisher.endpoints.first)
            let subscriber = try await stage.subscriber(at: endpoint)
            try await subscriber.subscribe(to: "a")
            try await publisher.awaitSubscribers(of: "a")
            try await publisher.perform(.limitDescriptors(80))
            let strangers = Strangers(at: endpoint)
            #expect(strangers.connect(1000) > 60)
            try await publisher.publish(1...1000, on: "a")
            try await subscriber.receive(1000, on: "a")
            strangers.leave()
            let newcomer = try await stage.subscriber("newcomer", at: endpoint)
            try await newcomer.subscribe(to: "a")
            try await publisher.awaitSubscribers(of: "a", 2)
            try await publisher.publish(1001, on: "a")
            try await newcomer.receive(1001, on: "a")
        }
    }
}
