import ArgumentParser
import Foundation
import IntegrationSupport

/// Starts pairs of processes again and again.
struct PairsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pairs",
        abstract: "Start pairs of eventbus sub and eventbus pub at the same moment, and see what they lose.",
        discussion: "Exits with status 1 when any pair loses any envelope."
    )

    @Option(help: "How many pairs.")
    var count = 300

    @Option(help: "How they reach each other.")
    var transport = Transport.ipc

    func validate() throws {
        guard 1...10_000 ~= count else { throw ValidationError("--count must be from 1 to 10 000.") }
    }

    func run() async throws {
        LossReport.ignoreBrokenPipes()
        let pairs = Pairs(transport: transport, count: count)
        let outcomes = try await Stage.run { try await pairs.run(on: $0) }
        let faults = outcomes.compactMap(\.fault)
        for fault in faults { print(fault) }
        print("\(faults.count) of \(count) pairs over \(transport) lost any of their \(Pair.envelopes) envelopes")
        if !faults.isEmpty { throw ExitCode.failure }
    }
}

extension Transport: ExpressibleByArgument {}
