import Foundation
import IntegrationSupport
import ProcessSupport

/// The processes are programs of the package here.
extension Scenario {
    static let commandLine = [pipe] + Transport.allCases.map(pairs)

    /// What `eventbus sub --summary` writes.
    private struct Summary: Decodable {
        var received: Int
        var lost: Int
        var dropped: Int
        var malformed: Int
    }

    private static let pipe = Scenario(
        name: "eventbus pub to eventbus sub, which is stopped",
        shows: "The program tells what it has lost.",
        isShort: true
    ) { stage, audit in
        let program = Stage.program("eventbus")
        let url = "zmq:?publish=bind:\(stage.address())&sendHighWaterMark=100"
        let publisher = try stage.start("pub", program, ["pub", "--bus", url, "--wait-for-subscribers", "1"])
        let summary = stage.path("summary.json")
        let subscriber = try stage.start(
            "sub",
            program,
            ["sub", "a", "--bus", "zmq:?subscribe=connect:\(stage.address())", "--summary", summary.path]
        )
        let line = #"{"subject":"a","payload":1}"#
        try publisher.send(line)
        _ = try await subscriber.nextLine()

        let count = 100_000
        subscriber.signal(SIGSTOP)
        try publisher.send(Array(repeating: line, count: count - 1).joined(separator: "\n"))
        subscriber.signal(SIGCONT)
        publisher.closeInput()
        let status = await publisher.end().status
        let errors = await publisher.errorOutput
        audit.expect(status == 0, "pub ended with status \(status): \(errors)")

        // What it is asked to tell is right by then.
        try await lookOn(for: Audit.limit)
        subscriber.signal(SIGINT)
        let printed = await subscriber.end().lines + 1
        let said = try JSONDecoder().decode(Summary.self, from: Data(contentsOf: summary))
        audit.add(Account(sent: count, received: said.received, lost: said.lost, dropped: said.dropped))
        audit.expect(said.lost > 0, "nothing was lost")
        audit.expect(
            printed + said.dropped == said.received && said.malformed == 0,
            "it received \(said.received), dropped \(said.dropped), printed \(printed), \(said.malformed) malformed"
        )
    }

    private static func pairs(over transport: Transport) -> Scenario {
        let pairs = Pairs(transport: transport, count: 20)
        return Scenario(
            name: "\(pairs.count) pairs started at the same moment, \(transport)",
            shows: "Whoever waits for subscribers loses nothing, however the two come up.",
            isShort: true
        ) { stage, audit in
            for outcome in try await pairs.run(on: stage) {
                audit.add(Account(sent: Pair.envelopes, received: outcome.printed, lost: 0))
                audit.expect(outcome.fault == nil, outcome.fault ?? "")
            }
        }
    }
}
