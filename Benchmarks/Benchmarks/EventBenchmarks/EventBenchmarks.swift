import Benchmark
import Measurement
import Peers
import Workloads

/// Every row, and every peer beside it, for percentiles and for comparing two states of the code by baselines.
///
/// Ratios are better taken from `event-bench`, which lets the peers take turns.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(metrics: [.wallClock, .throughput], maxDuration: .seconds(1))
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
    let scale: BenchmarkScalingFactor = workload.operationsPerPass > 1 ? .one : .kilo
    var configuration = Benchmark.defaultConfiguration
    configuration.scalingFactor = scale
    Benchmark(name, configuration: configuration) { benchmark, session in
        benchmark.startMeasurement()
        // Top-level code runs on the main actor, which user code should not be measured on.
        try await Task.detached { try await session.run(scale.rawValue) }.value
        benchmark.stopMeasurement()
    } setup: {
        try await start()
    }
}
