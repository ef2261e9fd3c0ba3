import Benchmark
import Measurement
import Peers
import Workloads

/// Every row, and every peer beside it, for percentiles and for comparing two states of the code by baselines.
///
/// Ratios are better taken from `event-bench`, which lets the peers take turns.
let benchmarks: @Sendable () -> Void = {
    for workload in Workload.all {
        register(workload.name, workload, workload.start)
        for rival in Rival.of(workload) { register("\(workload.name) \(rival.name)", workload, rival.start) }
    }
}

@Sendable
private func register(
    _ name: String,
    _ workload: Workload,
    _ start: @escaping @Sendable () async throws -> Session
) {
    let passes = workload.operationsPerPass > 1 ? 1 : 1000
    let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .throughput],
        scalingFactor: passes > 1 ? .kilo : .one,
        maxDuration: .seconds(1)
    )
    Benchmark(name, configuration: configuration) { benchmark, session in
        benchmark.startMeasurement()
        // Top-level code runs on the main actor, which user code should not be measured on.
        try await Task.detached { try await session.run(passes) }.value
        benchmark.stopMeasurement()
    } setup: {
        try await start()
    }
}
