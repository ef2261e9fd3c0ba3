// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "event-bus-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-event-bus", path: "../..")],
    targets: [
        .systemLibrary(name: "CLibFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "CLibFuzzer",
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventTransport", package: "swift-event-bus"),
                .product(name: "EventZMQ", package: "swift-event-bus"),
            ]
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
