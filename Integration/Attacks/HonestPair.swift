import CZeroMQ
import Foundation
import IntegrationSupport
import NATSSupport
import ProcessSupport

/// The victim, and a peer that goes on exchanging envelopes with it while others attack.
struct HonestPair: Sendable {
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// How long the two may take for what takes no time when all is well.
    static let patience = Duration.seconds(10)

    let stage: Stage
    let setting: Setting
    let victim: Peer
    let honest: Peer
    let keys: Keyring?
    /// The server that both are connected to, where there is one.
    let server: NATSServer?

    /// What the subjects of both begin with on a server.
    static let namespace = "attack"

    /// Starts both, and has them exchange envelopes.
    init(_ setting: Setting, on stage: Stage) async throws {
        (self.stage, self.setting) = (stage, setting)
        keys = setting == .keys ? try Keyring(on: stage) : nil
        server = setting == .nats ? try await NATSServer() : nil
        if let server {
            victim = try await stage.peer("victim", Self.arguments(for: server))
            honest = try await stage.peer("honest", Self.arguments(for: server))
        } else {
            (victim, honest) = try await Self.peers(setting, keys, on: stage)
        }
        try await victim.perform(.exchange(with: "honest"))
        try await honest.perform(.exchange(with: "victim"))
        try await receive(100)
    }

    private static func arguments(for server: NATSServer) -> [String] {
        ["--nats", server.url, "--namespace", namespace]
    }

    private static func peers(
        _ setting: Setting,
        _ keys: Keyring?,
        on stage: Stage
    ) async throws -> (victim: Peer, honest: Peer) {
        func address(_ name: String) -> String { setting == .ipc ? stage.address(name) : "tcp://127.0.0.1:*" }
        var arguments = ["--publish", "bind:\(address("down"))", "--subscribe", "bind:\(address("up"))"]
        if let keys { arguments += ["--subscribe", "bind:\(stage.address("beside"))"] + keys.arguments }
        let victim = try await stage.peer("victim", arguments)
        let honest = try await stage.peer(
            "honest",
            ["--publish", "connect:\(victim.endpoints[1])", "--subscribe", "connect:\(victim.endpoints[0])"]
                + (keys?.arguments(of: .honest) ?? [])
        )
        return (victim, honest)
    }

    /// Where the victim publishes.
    var down: String { victim.endpoints[0] }
    /// Where the victim receives.
    var up: String { victim.endpoints[1] }
    /// Where the victim receives over a path, when it has keys.
    var beside: String { victim.endpoints[2] }

    /// Starts a bus that is neither of the two.
    ///
    /// - Parameters:
    ///   - name: What it is called.
    ///   - owner: Whose key it has, where there are keys.
    ///   - arguments: What it is started with besides.
    /// - Returns: The bus, in a process of its own.
    /// - Throws: When it does not open.
    func bus(_ name: String, as owner: Keyring.Owner = .guest, _ arguments: String...) async throws -> Peer {
        try await stage.peer(name, arguments + (keys?.arguments(of: owner) ?? []))
    }

    /// Waits until so many more envelopes have come through in both directions.
    func receive(_ count: Int) async throws {
        for peer in [victim, honest] {
            let goal = try await peer.exchange.taken + count
            let fault = "nothing comes through to the \(peer.process.name) any more"
            try await eventually(within: Self.patience, fault) { try await peer.exchange.taken >= goal }
        }
    }

    /// Checks that somebody who comes now is served.
    func serveNewcomer() async throws {
        let newcomer = try await newcomer()
        try await newcomer.subscribe(to: "newcomers.welcome")
        try await eventually(within: Self.patience, "a newcomer is not served") {
            try await victim.publish(1, on: "newcomers.welcome")
            return try await newcomer.counts.received > 0
        }
        await newcomer.process.kill()
    }

    private func newcomer() async throws -> Peer {
        guard let server else { return try await bus("newcomer", "--subscribe", "connect:\(down)") }
        return try await stage.peer("newcomer", Self.arguments(for: server))
    }

    /// A publisher that is no bus, and to whom the victim has subscribed.
    func forger(as identity: Keyring.Identity? = nil) throws -> ZMQPeer {
        let forger = ZMQPeer(ZMQ_XPUB, to: up, as: identity)
        guard forger.receive(within: .seconds(5), where: { $0.first == [1] + Attack.subject }) != nil else {
            throw Fault(description: "the victim does not subscribe at the forger")
        }
        return forger
    }

    /// How many messages the victim tells as malformed of those that it is sent.
    ///
    /// - Parameters:
    ///   - expected: How many to wait for; more would show thereafter.
    ///   - body: Sends them.
    /// - Returns: How many they were.
    /// - Throws: What `body` throws, or that the victim does not answer.
    func refusals(expecting expected: Int, _ body: () async throws -> Void) async throws -> Int {
        let before = try await victim.exchange.malformed
        try await body()
        _ = try await holds(within: Self.patience) { try await victim.exchange.malformed - before >= expected }
        try await lookOn()
        return try await victim.exchange.malformed - before
    }

    /// Ends the exchange, and waits until what is under way has arrived.
    func end() async throws -> (victim: ExchangeReport, honest: ExchangeReport) {
        for peer in [victim, honest] { try await peer.perform(.stopExchange) }
        var reports = (victim: ExchangeReport(), honest: ExchangeReport())
        _ = try await holds(within: Self.patience) {
            reports = (try await victim.exchange, try await honest.exchange)
            return reports.victim.taken == reports.honest.published && reports.honest.taken == reports.victim.published
        }
        return reports
    }
}
