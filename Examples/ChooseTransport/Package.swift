// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "ChooseTransport",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-event-bus", path: "../..", traits: [.defaults, "Configuration"]),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["CommandLineArguments"]),
    ],
    targets: [
        .executableTarget(
            name: "ChooseTransport",
            dependencies: [
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventTransport", package: "swift-event-bus"),
                .product(name: "EventMemory", package: "swift-event-bus"),
                .product(name: "EventZMQ", package: "swift-event-bus"),
            ]
        )
    ]
)
