import Foundation
import Measurement

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// NATS servers of this run's own, on ports that nobody else uses; they end with it.
final class NATSServers {
    private var processes: [Process] = []
    private let folder = FileManager.default.temporaryDirectory.appending(path: "event-bench-\(UUID().uuidString)")
    /// Where clients connect to each.
    private(set) var urls: [String] = []

    private static let program = ["/usr/sbin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].lazy
        .map { URL(filePath: "\($0)/nats-server") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Starts one, or several that are a cluster, and waits until they accept connections.
    init(_ count: Int) throws {
        guard let program = Self.program else { throw Child.Failure(description: "nats-server is not installed") }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "nats.conf")
        // A subscriber who is slower than the publisher gets everything all the same.
        try Data("max_pending: 2GB\n".utf8).write(to: file)
        // Below the ports that the system gives to those who connect.
        let ports = (0..<2 * count).map { _ in Int.random(in: 20_000..<32_000) }
        let routes = ports.suffix(count).map { "nats://127.0.0.1:\($0)" }
        for number in 0..<count {
            let process = Process()
            process.executableURL = program
            process.arguments = ["-c", file.path, "-a", "127.0.0.1", "-p", "\(ports[number])", "-l", "/dev/null"]
            if count > 1 {
                process.arguments?
                    .append(contentsOf: [
                        "--cluster_name", "bench", "--cluster", routes[number], "--routes",
                        routes.joined(separator: ","),
                    ])
            }
            try process.run()
            processes.append(process)
            urls.append("nats://127.0.0.1:\(ports[number])")
        }
        for port in ports.prefix(count) { try Self.awaitListener(on: port) }
    }

    deinit {
        for process in processes {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(at: folder)
    }

    private static func awaitListener(on port: Int) throws {
        for _ in 0..<500 {
            let connection = Process()
            connection.executableURL = URL(filePath: "/bin/bash")
            connection.arguments = ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"]
            connection.standardError = FileHandle.nullDevice
            try connection.run()
            connection.waitUntilExit()
            if connection.terminationStatus == 0 { return }
            usleep(20_000)
        }
        throw Child.Failure(description: "nats-server does not listen on port \(port)")
    }
}
