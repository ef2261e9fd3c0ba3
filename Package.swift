// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "swift-event-bus",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "EventCore", targets: ["EventCore"]),
        .library(name: "EventTransport", targets: ["EventTransport"]),
        .library(name: "EventMemory", targets: ["EventMemory"]),
        .library(name: "EventZMQ", targets: ["EventZMQ"]),
        .library(name: "EventNATS", targets: ["EventNATS"]),
        .library(name: "EventTesting", targets: ["EventTesting"]),
        .library(name: "EventMetrics", targets: ["EventMetrics"]),
        .library(name: "EventLogging", targets: ["EventLogging"]),
        .library(name: "EventTracing", targets: ["EventTracing"]),
        .library(name: "EventLifecycle", targets: ["EventLifecycle"]),
        .executable(name: "eventbus", targets: ["eventbus"]),
    ],
    traits: [
        // Who uses EventMemory alone turns these off, and three packages are fetched.
        .trait(name: "CommandLine", description: "The program eventbus: swift-argument-parser."),
        .trait(name: "Lifecycle", description: "EventLifecycle: swift-service-lifecycle."),
        .trait(name: "Logging", description: "EventLogging: swift-log."),
        .trait(name: "Metrics", description: "EventMetrics: swift-metrics."),
        .trait(name: "NATS", description: "EventNATS: swift-log."),
        .trait(name: "ZeroMQ", description: "EventZMQ: swift-log."),
        .default(enabledTraits: ["CommandLine", "Lifecycle", "Logging", "Metrics", "NATS", "ZeroMQ"]),
        .trait(name: "Configuration", description: "Opens a transport from a ConfigReader of swift-configuration."),
    ],
    // The first versions with what is used here, as "Dependencies" in CONTRIBUTING.md says; Package.resolved has those in use.
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.3.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.0.6"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.1.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.1.0"),
    ],
    targets: [
        .target(
            name: "EventCore",
            dependencies: [
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
            ]
        ),
        .target(
            name: "EventTransport",
            dependencies: [
                "EventCore",
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
            ]
        ),
        .target(name: "CProcessor"),
        .target(name: "CResources", dependencies: ["CZeroMQ"]),
        .target(name: "EventMemory", dependencies: ["CProcessor", "EventCore", "EventTransport"]),
        .target(
            name: "LinkRuntime",
            dependencies: [
                "EventCore", "EventTransport", "EventMemory", .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .systemLibrary(name: "CZeroMQ", pkgConfig: "libzmq", providers: [.apt(["libzmq3-dev"]), .brew(["zeromq"])]),
        .target(
            name: "EventZMQ",
            dependencies: [
                "EventCore", "EventTransport", "EventMemory", "LinkRuntime", "CResources", "CZeroMQ",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .systemLibrary(name: "CNATS", pkgConfig: "libnats", providers: [.apt(["libnats-dev"]), .brew(["cnats"])]),
        .target(
            name: "EventNATS",
            dependencies: [
                "EventCore", "EventTransport", "EventMemory", "LinkRuntime", "CNATS",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(name: "EventTesting", dependencies: ["EventCore", "EventTransport", "EventMemory"]),
        .target(
            name: "EventMetrics",
            dependencies: ["EventCore", .product(name: "CoreMetrics", package: "swift-metrics")]
        ),
        .target(name: "EventLogging", dependencies: ["EventCore", .product(name: "Logging", package: "swift-log")]),
        .target(
            name: "EventTracing",
            dependencies: ["EventCore", .product(name: "Tracing", package: "swift-distributed-tracing")]
        ),
        .target(
            name: "EventLifecycle",
            dependencies: ["EventCore", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")]
        ),
        .executableTarget(
            name: "eventbus",
            dependencies: [
                "EventCore", "EventTransport", "EventMemory", "EventNATS", "EventTesting", "EventZMQ",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "GenerateRuns",
            dependencies: ["EventCore", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Examples/GenerateRuns"
        ),
        .testTarget(
            name: "EventCoreTests",
            dependencies: [
                "EventCore", "EventTransport", "EventMemory", "EventTesting",
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
            ],
            resources: [.copy("Golden")]
        ),
        .testTarget(
            name: "EventTransportTests",
            dependencies: [
                "EventTransport", "EventMemory", "EventTesting", "TransportSupport",
                .product(
                    name: "Configuration",
                    package: "swift-configuration",
                    condition: .when(traits: ["Configuration"])
                ),
            ]
        ),
        .testTarget(
            name: "ConsumingTests",
            dependencies: ["EventCore", "EventMemory", "EventTesting", "EventZMQ", "ProcessSupport"]
        ),
        .testTarget(name: "EventMemoryTests", dependencies: ["EventMemory", "EventTransport", "EventTesting"]),
        .testTarget(
            name: "LinkRuntimeTests",
            dependencies: [
                "EventMemory", "LinkRuntime",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "EventZMQTests",
            dependencies: [
                "EventZMQ", "LinkRuntime", "EventMemory", "EventTesting", "CZeroMQ", "IntegrationSupport",
                "ProcessSupport", "TransportSupport",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .target(name: "NATSSupport", dependencies: ["EventCore", "ProcessSupport"], path: "Tests/NATSSupport"),
        .testTarget(
            name: "EventNATSTests",
            dependencies: [
                "EventNATS", "EventTesting", "EventTransport", "NATSSupport", "ProcessSupport", "TransportSupport",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(name: "EventTestingTests", dependencies: ["EventTesting", "EventTransport", "EventMemory"]),
        .testTarget(
            name: "EventMetricsTests",
            dependencies: [
                "EventMetrics", "EventTransport", "EventMemory", "EventTesting",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(
            name: "EventLoggingTests",
            dependencies: [
                "EventLogging", "EventMemory",
                .product(name: "InMemoryLogging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "EventTracingTests",
            dependencies: [
                "EventTracing", "EventMemory", "EventTesting", "EventZMQ", "TracingSupport",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
            ]
        ),
        .testTarget(
            name: "EventLifecycleTests",
            dependencies: [
                "EventLifecycle", "EventMemory", "EventTesting",
                .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
            ]
        ),
        .target(name: "ProcessSupport", dependencies: ["EventCore"], path: "Tests/ProcessSupport"),
        .target(name: "TransportSupport", dependencies: ["EventTransport"], path: "Tests/TransportSupport"),
        .target(
            name: "TracingSupport",
            dependencies: [
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            path: "Tests/TracingSupport"
        ),
        .testTarget(
            name: "FieldCases",
            dependencies: [
                "eventbus", "EventTransport", "EventMemory", "EventMetrics", "EventTesting", "EventTracing", "EventZMQ",
                "ProcessSupport", "TracingSupport",
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]
        ),
        .testTarget(
            name: "CommandLineTests",
            dependencies: ["eventbus", "EventCore", "EventTransport", "NATSSupport", "ProcessSupport"]
        ),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "EventTransport", "EventMemory", "EventNATS", "EventTesting", "EventZMQ", "EventMetrics",
                "EventLogging", "EventTracing", "EventLifecycle", "NATSSupport",
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        .target(
            name: "IntegrationSupport",
            dependencies: ["EventCore", "ProcessSupport"],
            path: "Integration/Support",
            resources: [.copy("Python")]
        ),
        .executableTarget(
            name: "IntegrationPeer",
            dependencies: [
                "EventCore", "EventNATS", "EventZMQ", "IntegrationSupport", "ProcessSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Integration/Peer"
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "IntegrationPeer", "IntegrationSupport", "NATSSupport", "EventCore", "EventNATS", "EventZMQ",
            ],
            path: "Integration/Tests"
        ),
        .executableTarget(
            name: "LossReport",
            dependencies: [
                "EventCore", "IntegrationPeer", "IntegrationSupport", "NATSSupport", "ProcessSupport", "eventbus",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Integration/Report"
        ),
        .executableTarget(
            name: "Attacks",
            dependencies: [
                "EventCore", "EventZMQ", "CZeroMQ", "IntegrationPeer", "IntegrationSupport", "NATSSupport",
                "ProcessSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Integration/Attacks"
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

/// The traits that need a package; it is fetched when one of them is on.
let traitsOfPackages: [String: Set<String>] = [
    "swift-argument-parser": ["CommandLine"],
    "swift-log": ["Logging", "NATS", "ZeroMQ"],
    "swift-metrics": ["Metrics"],
    "swift-service-lifecycle": ["Lifecycle"],
]

for target in package.targets {
    target.dependencies = target.dependencies.map { dependency in
        guard case .productItem(let name, let package?, _, nil) = dependency, let traits = traitsOfPackages[package]
        else {
            return dependency
        }
        return .product(name: name, package: package, condition: .when(traits: traits))
    }
}
