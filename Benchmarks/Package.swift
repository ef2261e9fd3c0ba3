// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "event-bus-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-event-bus", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/OpenCombine/OpenCombine", from: "0.14.0"),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .target(name: "AllocationCounter"),
        .target(
            name: "Workloads",
            dependencies: [
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventMemory", package: "swift-event-bus"),
                .product(name: "EventZMQ", package: "swift-event-bus"),
            ]
        ),
        .target(
            name: "Peers",
            dependencies: [
                "Workloads",
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "OpenCombine", package: "OpenCombine"),
            ]
        ),
        .target(
            name: "Measurement",
            dependencies: [
                "AllocationCounter", "Workloads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "event-bench",
            dependencies: [
                "Measurement", "Peers", "Workloads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "EventMemory", package: "swift-event-bus"),
                .product(name: "EventNATS", package: "swift-event-bus"),
                .product(name: "EventZMQ", package: "swift-event-bus"),
            ]
        ),
        .executableTarget(
            name: "regression-guard",
            dependencies: [
                "Measurement", "Workloads",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .systemLibrary(name: "CLibZMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"]), .brew(["zeromq"])]),
        .executableTarget(name: "wire-in-c", dependencies: ["CLibZMQ"], path: "Sources/WireInC"),
        .systemLibrary(name: "CLibNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"]), .brew(["cnats"])]),
        .executableTarget(name: "nats-in-c", dependencies: ["CLibNATS"], path: "Sources/NATSInC"),
        .executableTarget(
            name: "EventBenchmarks",
            dependencies: [
                "Measurement", "Peers", "Workloads",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/EventBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"), .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .strictMemorySafety(),
    ]
}
