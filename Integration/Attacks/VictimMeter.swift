import Foundation
import IntegrationSupport
import Synchronization

/// Looks at the memory and the descriptors of another process, from outside; there has to be a `/proc`.
final class VictimMeter: Sendable {
    /// How many microseconds pass between two looks.
    private static let interval: UInt32 = 5000

    private let process: Int32
    private let state = Mutex((worst: 0.0, isOn: true))

    /// Begins to look, on a thread of its own.
    init(of peer: Peer) {
        process = peer.process.identifier
        Thread.detachNewThread { [self] in
            while state.withLock({ $0.isOn }) {
                let now = memory
                state.withLock { $0.worst = max($0.worst, now) }
                usleep(Self.interval)
            }
        }
    }

    /// How many megabytes are resident now.
    var memory: Double {
        let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * Double(getpagesize()) / 1_000_000
    }

    /// How many megabytes were resident at worst.
    var worstMemory: Double { state.withLock { $0.worst } }

    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
    }

    func end() { state.withLock { $0.isOn = false } }
}
