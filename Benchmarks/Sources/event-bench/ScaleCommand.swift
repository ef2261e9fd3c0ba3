import ArgumentParser
import EventCore
import EventMemory
import Foundation
import Measurement
import Workloads

/// Measures how figures change with the number and size of things.
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Measure how cost grows with subscriptions, subjects, publishers and payloads."
    )

    @Option(help: "Only plots whose name contains this.") var filter: String?
    @Option(help: "How many turns each point has.") var rounds = 5
    @Option(help: "How long a turn takes, in milliseconds.") var turn = 20
    @Option(help: "Write the curves to this file, as JSON.") var json: String?

    func run() async throws {
        let options = self
        try await Task.detached { try await options.measure() }.value
    }

    private func measure() async throws {
        let race = Race(rounds: rounds, turn: .milliseconds(turn))
        var report = Report()
        let plots: [(String, @Sendable () async throws -> [Curve])] = [
            ("subscriptions", { try await Curve.overSubscriptions(race) }),
            ("subjects", { try await Curve.overSubjects(race) }),
            ("publishers", { try await Curve.overPublishers(race) }),
            ("payload", { try await Curve.overPayloads(race) }),
        ]
        for (name, measure) in plots where filter.map(name.contains) ?? true {
            for curve in try await measure() {
                print(curve.plot, curve.series, curve.points.map { "\(Int($0.x)):\(Int($0.y))" }.joined(separator: " "))
                report.curves.append(curve)
            }
        }
        if let json { try report.write(to: json) }
    }
}
