import Foundation
import IntegrationSupport

/// An `eventbus sub` and an `eventbus pub` that are started at the same moment.
struct Pair: Sendable {
    struct Outcome: Sendable {
        /// How many envelopes came.
        let printed: Int
        /// What is wrong.
        let fault: String?
    }

    /// How many envelopes are published.
    static let envelopes = 50

    let number: Int
    let publisherBus: String
    let subscriberBus: String
    let publisherFirst: Bool

    /// A pair over ZeroMQ: by turns the one or the other binds, and the one or the other is started first.
    static func overZeroMQ(_ number: Int, at address: String) -> Pair {
        let ways = number.isMultiple(of: 2) ? ("bind", "connect") : ("connect", "bind")
        return Pair(
            number: number,
            publisherBus: "zmq:?publish=\(ways.0):\(address)",
            subscriberBus: "zmq:?subscribe=\(ways.1):\(address)",
            publisherFirst: (number / 2).isMultiple(of: 2)
        )
    }

    func run(on stage: Stage) async throws -> Outcome {
        let program = Stage.program("eventbus")
        func start(_ name: String, _ arguments: [String]) throws -> ChildProcess {
            try stage.start("\(name) \(number)", program, arguments)
        }
        let publish = ["pub", "--bus", publisherBus, "--wait-for-subscribers", "1", "--within", "20s"]
        let subscribe = ["sub", "a.>", "--bus", subscriberBus, "--count", "\(Self.envelopes)", "--within", "20s"]
        let first = publisherFirst ? try start("pub", publish) : nil
        let subscriber = try start("sub", subscribe)
        let publisher = try first ?? start("pub", publish)
        let lines = (1...Self.envelopes).map { #"{"subject":"a.b","payload":\#($0)}"# }
        try publisher.send(lines.joined(separator: "\n"))
        publisher.closeInput()
        let (sent, came) = (await publisher.end(), await subscriber.end())
        guard sent.status != 0 || came.status != 0 || came.lines != Self.envelopes else {
            return Outcome(printed: came.lines, fault: nil)
        }
        let errors = await [publisher.errorOutput, subscriber.errorOutput].joined(separator: " / ")
        let fault =
            "pair \(number): \(came.lines) of \(Self.envelopes), status \(sent.status) and \(came.status): \(errors)"
        return Outcome(printed: came.lines, fault: fault.split(separator: "\n").joined(separator: " / "))
    }
}
