import Foundation
import IntegrationSupport

/// Many pairs of processes, a few at the same time.
struct Pairs: Sendable {
    private static let concurrency = 4
    /// Below the ports that the system gives to those who ask for any.
    private static let ports: Range<UInt16> = 20_000..<32_000

    let transport: Transport
    let count: Int

    /// - Returns: What came of each pair.
    func run(on stage: Stage) async throws -> [Pair.Outcome] {
        let pairs = try addresses(on: stage).enumerated().map { Pair.overZeroMQ($0.offset, at: $0.element) }
        return try await Self.run(pairs, on: stage)
    }

    /// Runs pairs, a few at the same time.
    static func run(_ all: [Pair], on stage: Stage) async throws -> [Pair.Outcome] {
        var pairs = all[...]
        return try await withThrowingTaskGroup { group in
            var outcomes: [Pair.Outcome] = []
            for pair in pairs.prefix(Self.concurrency) { group.addTask { try await pair.run(on: stage) } }
            pairs = pairs.dropFirst(Self.concurrency)
            while let outcome = try await group.next() {
                outcomes.append(outcome)
                if let pair = pairs.popFirst() { group.addTask { try await pair.run(on: stage) } }
            }
            return outcomes
        }
    }

    private func addresses(on stage: Stage) throws -> [String] {
        guard transport == .tcp else { return (0..<count).map { stage.address("pair\($0)") } }
        let free = Self.ports.shuffled().lazy.filter { port in
            guard let descriptor = try? Loopback.listen(on: port) else { return false }
            close(descriptor)
            return true
        }
        return free.prefix(count).map { "tcp://127.0.0.1:\($0)" }
    }
}
