public import Workloads

/// Another way to do the work of a workload, for comparison.
public struct Rival: Sendable {
    /// What it is built on.
    public let name: String
    /// Makes ready what the work needs.
    public let start: @Sendable () async throws -> Session
}

extension Rival {
    /// Who does the work of a workload as well, and offers the guarantees that the README lists.
    public static func of(_ workload: Workload) -> [Rival] {
        switch workload.name {
        case "publish-none": publishing(subscribers: 0, others: 100)
        case "publish-one": publishing(subscribers: 1, others: 0)
        case "fan-out-100": publishing(subscribers: 100, others: 0)
        case "fan-out-1000": publishing(subscribers: 1000, others: 0)
        case "end-to-end-1x1": endToEnd(publishers: 1, subscribers: 1)
        case "end-to-end-1x10": endToEnd(publishers: 1, subscribers: 10)
        case "end-to-end-4x4": endToEnd(publishers: 4, subscribers: 4)
        case "ping-pong": pingPong
        case "match-10k": [linearMatch]
        case "subscribe-close": subscribing
        case "envelope-make", "json-encode", "json-decode": foundation(for: workload.name)
        case "zmq-local": [memoryBus]
        case "memory-subscription": idle(workload.operationsPerPass)
        default: []
        }
    }
}
