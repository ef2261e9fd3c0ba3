// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "FanOut",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-event-bus", path: "../..")],
    targets: [
        .executableTarget(
            name: "FanOut",
            dependencies: [
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventZMQ", package: "swift-event-bus"),
            ]
        )
    ]
)
