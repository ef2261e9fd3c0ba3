// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "MockingInTests",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-event-bus", path: "../..")],
    targets: [
        // A service takes `any Bus` and needs EventCore alone; which bus it is, is decided where it is started.
        .target(name: "Shop", dependencies: [.product(name: "EventCore", package: "swift-event-bus")]),
        .testTarget(
            name: "ShopTests",
            dependencies: ["Shop", .product(name: "EventTesting", package: "swift-event-bus")]
        ),
        // A transport of one's own, and the suite that says whether it is one.
        .target(
            name: "StreamBus",
            dependencies: [
                .product(name: "EventTransport", package: "swift-event-bus"),
                .product(name: "EventMemory", package: "swift-event-bus"),
            ]
        ),
        .testTarget(
            name: "StreamBusTests",
            dependencies: ["StreamBus", .product(name: "EventTesting", package: "swift-event-bus")]
        ),
    ]
)
