import EventCore
import Foundation
import ServiceLifecycle

/// Publishes recorded envelopes at the pace at which they were made, over and over.
struct RunPlayer: Service {
    /// The bus to play on.
    var bus: any Bus
    /// Where the envelopes are, one JSON object a line.
    var file: String
    /// 2 is twice as fast as it happened.
    var speed: Double

    func run() async throws {
        let envelopes = try String(contentsOfFile: file, encoding: .utf8)
            .split(separator: "\n")
            .map { try Envelope(jsonData: Data($0.utf8)) }
        try await cancelWhenGracefulShutdown {
            // Sleeping is what cancellation ends.
            while let _ = try? await Task.sleep(for: .seconds(1)) { try await play(envelopes) }
        }
    }

    private func play(_ envelopes: [Envelope]) async throws {
        guard let beginning = envelopes.first?.time else { return }
        let start = ContinuousClock.now
        for envelope in envelopes {
            let due = start + .seconds(envelope.time.timeIntervalSince(beginning) / speed)
            guard (try? await Task.sleep(until: due, clock: .continuous)) != nil else { return }
            try await bus.publish(envelope)
        }
    }
}
