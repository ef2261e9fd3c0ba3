import EventCore
import Foundation
import ProcessSupport

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A `nats-server` of a test's own, on ports that nobody else uses.
package final class NATSServer: Sendable {
    /// Why there is no server.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var process: SpawnedProcess?
        var port = -1
        var monitoringPort = -1
        var clusterURL: String?
    }

    /// Those that run; servers that tests share are still there when the tests end, and end with them.
    private static let running = Lock<[pid_t: SpawnedProcess]>([:])
    private static let endsAll: Void = { _ = atexit { NATSServer.endAll() } }()

    private static func endAll() {
        for process in running.withLock({ $0.values }) { process.send(SIGKILL) }
    }

    private let arguments: [String]
    private let folder: URL
    private let state = Lock(State())

    /// Starts a server, and waits until it accepts connections.
    ///
    /// - Parameter arguments: Arguments besides its ports.
    /// - Throws: ``Failure``, with what it has said.
    package init(_ arguments: [String] = []) async throws {
        self.arguments = arguments
        folder = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await start()
    }

    deinit {
        state.withLock { $0.process?.send(SIGKILL) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Where clients connect.
    package var url: String { "nats://127.0.0.1:\(state.withLock { $0.port })" }
    package var port: Int { state.withLock { $0.port } }
    /// Where the other servers of its cluster connect, when it has one.
    package var clusterURL: String? { state.withLock { $0.clusterURL } }

    private static let program: URL? = ["/usr/sbin", "/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"].lazy
        .map { URL(filePath: "\($0)/nats-server") }.first { FileManager.default.isExecutableFile(atPath: $0.path) }

    /// Stands for a cluster's address with a port that nobody uses, which the server keeps.
    package static let anyClusterURL = "nats://127.0.0.1:-1"

    /// Stands for a folder of the server's own, which is removed with it.
    package static let folderPlaceholder = "<folder>"

    private static let limit = Duration.seconds(30)

    /// Starts it, or starts it again, on the ports it had before.
    package func start() async throws {
        guard let program = Self.program else { throw Failure(description: "nats-server is not installed") }
        let port = port
        let log = folder.appending(path: "log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        let process = try SpawnedProcess(
            program,
            arguments: ["-a", "127.0.0.1", "-p", "\(port)", "-m", "-1", "--ports_file_dir", folder.path]
                + arguments.map(value),
            input: .nullDevice,
            output: output,
            errors: output
        )
        let ports = folder.appending(path: "nats-server_\(process.identifier).ports")
        _ = Self.endsAll
        Self.running.withLock { running in
            running = running.filter { $0.value.isRunning }
            running[process.identifier] = process
        }
        state.withLock { $0.process = process }
        var found: Ports?
        _ = try await holds(within: Self.limit) {
            found = (try? Data(contentsOf: ports)).flatMap { try? JSONDecoder().decode(Ports.self, from: $0) }
            return found != nil || !process.isRunning
        }
        guard let found else {
            let text = try? String(contentsOf: log, encoding: .utf8)
            let wasRunning = process.isRunning
            process.send(SIGKILL)
            let end = await process.status
            let state = wasRunning ? "was not ready in time" : "ended with \(end)"
            throw Failure(description: "nats-server \(state): \(text ?? "")")
        }
        state.withLock { state in
            state.port = found.nats.first.flatMap(Self.port) ?? -1
            state.monitoringPort = found.monitoring?.first.flatMap(Self.port) ?? -1
            state.clusterURL = found.cluster?.first
        }
    }

    /// What stands for something that is known only here.
    private func value(of argument: String) -> String {
        switch argument {
        case Self.anyClusterURL: clusterURL ?? argument
        case Self.folderPlaceholder: folder.path
        default: argument
        }
    }

    /// Ports that nobody uses now, outside the range that the system gives out.
    package static func freePorts(_ count: Int) throws -> [Int] {
        var ports: [Int] = []
        for port in (14_000..<32_000).shuffled() where ports.count < count && isFree(port) { ports.append(port) }
        guard ports.count == count else { throw Failure(description: "there are no free ports") }
        return ports
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        return unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private struct Ports: Decodable {
        var nats: [String]
        var monitoring: [String]?
        var cluster: [String]?
    }

    private static func port(_ url: String) -> Int? { url.split(separator: ":").last.flatMap { Int($0) } }

    /// Ends it at once, without a word to its clients.
    package func kill() async {
        guard let process = state.withLock({ $0.process }) else { return }
        process.send(SIGKILL)
        _ = await process.status
    }

    package func send(_ signal: Int32) { state.withLock { $0.process?.send(signal) } }

    /// What it says of itself under a path such as `routez`.
    package func report(_ path: String) async throws -> [String: Any] {
        let port = state.withLock { $0.monitoringPort }
        guard let url = URL(string: "http://127.0.0.1:\(port)/\(path)") else { return [:] }
        let (data, _) = try await URLSession.shared.data(from: url)
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}

/// Three servers that are one cluster.
package struct NATSCluster: Sendable {
    package let servers: [NATSServer]

    /// Starts them, and waits until each is joined with both others.
    package init(_ arguments: [String] = []) async throws {
        let name = "cluster-\(UUID().uuidString)"
        let common = ["--cluster_name", name, "--cluster", NATSServer.anyClusterURL] + arguments
        let first = try await NATSServer(["--server_name", "n1"] + common)
        guard let route = first.clusterURL else { throw NATSServer.Failure(description: "the server has no cluster") }
        let second = try await NATSServer(["--server_name", "n2", "--routes", route] + common)
        let third = try await NATSServer(["--server_name", "n3", "--routes", route] + common)
        servers = [first, second, third]
        for server in servers {
            try await eventually("the cluster did not come together") {
                try await server.report("routez")["num_routes"] as? Int == 2
            }
        }
    }

    package subscript(_ index: Int) -> NATSServer { servers[index] }
}
