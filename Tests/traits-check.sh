#!/usr/bin/env bash
# Runs the tests of the trait Configuration in a package of their own, which has this trait alone and so compiles little.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
consumer=$(mktemp -d)
trap 'rm -rf "$consumer"' EXIT

# A folder is a package by the name of the folder, and a clone may be called anything.
ln -s "$root" "$consumer/swift-event-bus"
mkdir -p "$consumer/configured/Tests"
cd "$consumer/configured"
cp "$root"/Tests/EventTransportTests/Choosing/{TransportConfigurationTests,ConfigurationFault}.swift Tests
cat >Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

let products = ["EventMemory", "EventTesting", "EventTransport"]
let package = Package(
    name: "configured",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "../swift-event-bus", traits: ["Configuration"]),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.0.0", traits: []),
    ],
    targets: [
        .testTarget(
            name: "ConfiguredTests",
            dependencies: products.map { .product(name: $0, package: "swift-event-bus") }
                + [.product(name: "Configuration", package: "swift-configuration")],
            path: "Tests",
            swiftSettings: [.define("Configuration")]
        )
    ]
)
SWIFT
swift test >test.log 2>&1 || { tail -30 test.log >&2; exit 1; }
# A run without tests passes as well.
grep -E 'Test run with [1-9][0-9]* tests? in .* passed' test.log
