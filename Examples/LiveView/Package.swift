// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "LiveView",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "swift-event-bus", path: "../.."),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "LiveView",
            dependencies: [
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventLifecycle", package: "swift-event-bus"),
                .product(name: "EventMemory", package: "swift-event-bus"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("page.html")]
        ),
        .testTarget(
            name: "LiveViewTests",
            dependencies: [
                "LiveView",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
    ]
)
