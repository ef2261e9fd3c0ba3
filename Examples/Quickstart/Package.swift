// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Quickstart",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "swift-event-bus", path: "../..")],
    targets: [
        .executableTarget(
            name: "Quickstart",
            dependencies: [
                .product(name: "EventCore", package: "swift-event-bus"),
                .product(name: "EventMemory", package: "swift-event-bus"),
            ]
        )
    ]
)
