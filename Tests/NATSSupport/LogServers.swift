import Foundation
import ProcessSupport

extension NATSServer {
    /// A server with JetStream, which keeps its files in a folder of its own.
    package static func withJetStream(_ arguments: [String] = []) async throws -> NATSServer {
        try await NATSServer(["-js", "-sd", folderPlaceholder] + arguments)
    }
}

/// Three servers with JetStream that are one cluster, on ports that stay theirs.
package struct NATSLogCluster: Sendable {
    package let servers: [NATSServer]

    /// Starts them, and waits until each is joined with both others and says that it is healthy.
    package init() async throws {
        let name = "cluster-\(UUID().uuidString)"
        // A cluster that keeps logs has to know its members from the start, so their ports are chosen before.
        let ports = try NATSServer.freePorts(3)
        let routes = ports.map { "nats://127.0.0.1:\($0)" }.joined(separator: ",")
        var servers: [NATSServer] = []
        for (index, port) in ports.enumerated() {
            servers.append(
                try await NATSServer.withJetStream([
                    "--server_name", "n\(index + 1)", "--cluster_name", name, "--cluster", "nats://127.0.0.1:\(port)",
                    "--routes", routes,
                ])
            )
        }
        self.servers = servers
        try await waitUntilReady()
    }

    /// Waits until all servers run as one cluster.
    package func waitUntilReady() async throws {
        for server in servers {
            var health: String?
            try await eventually(within: .seconds(60), "the cluster did not come together: \(health ?? "unknown")") {
                let routes = try? await server.report("routez")["num_routes"] as? Int
                health = try? await server.report("healthz")["status"] as? String
                return routes ?? 0 >= 2 && health == "ok"
            }
        }
    }

    package subscript(_ index: Int) -> NATSServer { servers[index] }
}
