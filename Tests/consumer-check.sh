#!/usr/bin/env bash
# Builds a package outside this tree that depends on EventMemory alone, without traits and where libzmq cannot be found, and
# looks at what was fetched and compiled for it, and at what the compiler had to say.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
consumer=$(mktemp -d)
trap 'rm -rf "$consumer"' EXIT

# A folder is a package by the name of the folder, and a clone may be called anything.
ln -s "$root" "$consumer/swift-event-bus"
mkdir -p "$consumer/shop/Sources/shop"
cd "$consumer/shop"
cat >Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "shop",
    platforms: [.macOS(.v15)],
    dependencies: [.package(path: "../swift-event-bus", traits: [])],
    targets: [
        .executableTarget(name: "shop", dependencies: [.product(name: "EventMemory", package: "swift-event-bus")])
    ]
)
SWIFT
cat >Sources/shop/Shop.swift <<'SWIFT'
import EventMemory

@main
struct Shop {
    static func main() async throws {
        let bus = MemoryBus()
        let orders = try await bus.subscribe(to: "orders.>")
        try await bus.publish(7, to: "orders.eu.created")
        print(await orders.next(within: .seconds(20)) == nil ? "nothing" : "received")
        await bus.close()
    }
}
SWIFT

# Where it may, it covers libzmq's headers up in a namespace of its own; elsewhere pkg-config alone is kept from it.
build='swift build 2>&1'
export PKG_CONFIG_PATH=/nonexistent PKG_CONFIG_LIBDIR=/nonexistent
covered=()
for header in /usr/include/zmq.h /usr/include/zmq_utils.h; do [ ! -e $header ] || covered+=("$header"); done
if [ ${#covered[@]} -eq 0 ]; then
    echo 'libzmq is not installed'
elif unshare --mount true 2>/dev/null; then
    cover=$(printf 'mount --bind /dev/null %s; ' "${covered[@]}")
    build="unshare --mount bash -euc '$cover$build'"
    echo 'libzmq is covered up'
else
    echo 'libzmq is installed and cannot be covered up here; only pkg-config does not find it'
fi
start=$SECONDS
eval "$build" >build.log || { tail -30 build.log >&2; exit 1; }
echo "built in $((SECONDS - start)) s"
[ "$(.build/debug/shop)" = received ]

fetched=$(ls .build/checkouts | xargs)
# A folder is made for each target there is, an object only for what was compiled.
compiled=$(find .build/debug/ -path '*/debug/*.build/*.o' | sed 's|.*/\([^/]*\)\.build/.*|\1|' | sort -u | xargs)
echo "fetched: $fetched"
echo "compiled: $compiled"
expected='swift-collections swift-distributed-tracing swift-service-context'
if ! grep -qw EventMemory <<<"$compiled" || [ "$fetched" != "$expected" ] \
    || grep -qwE 'EventZMQ|CZeroMQ|Logging|NIO[A-Za-z]*' <<<"$compiled"; then
    echo 'that is more than EventMemory needs' >&2
    exit 1
fi
