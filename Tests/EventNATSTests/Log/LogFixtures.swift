import EventCore
import EventNATS
import NATSSupport
import Testing

/// A server with JetStream for all tests that do no harm to it.
enum SharedLog {
    static let server = Task { try await NATSServer.withJetStream() }
}

extension NATSLog {
    /// A log in memory on the shared server, with a name and a namespace of its own unless they are given.
    static func fresh(
        on server: NATSServer? = nil,
        stream: String? = nil,
        _ change: (inout NATSLogConfiguration) -> Void = { _ in }
    ) async throws -> NATSLog {
        let server = if let server { server } else { try await SharedLog.server.value }
        let name = stream ?? freshName()
        var configuration = NATSLogConfiguration(servers: [server.url], stream: name, namespace: name)
        configuration.storage = .memory
        configuration.timeout = .seconds(30)
        change(&configuration)
        return try await NATSLog(configuration: configuration)
    }

    /// Appends so many envelopes, whose payloads are numbers.
    func append(_ numbers: Range<Int>, on subject: Subject = "a.b") async throws {
        for number in numbers { try await append(try Envelope(subject: subject, payload: number)) }
    }
}

/// The payloads of so many entries.
func numbers(of replay: NATSLogReplay, _ count: Int) async throws -> [Int] {
    var numbers: [Int] = []
    while numbers.count < count, let entry = try await replay.next() {
        numbers.append(try #require(try entry.envelope.decode(Int.self)))
    }
    return numbers
}

/// What an error of a server says.
func reason(of error: (any Error)?) -> String {
    guard case .transport(let failure)? = error as? EventError else { return "\(String(describing: error))" }
    return failure.reason
}
