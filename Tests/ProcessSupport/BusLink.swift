import Foundation

/// A bus across processes, at an address that no other test uses, where subscribers bind and publishers connect.
package struct BusLink: Sendable {
    package let address: String

    package var subscribing: String { "zmq:?subscribe=bind:\(address)" }
    package var publishing: String { "zmq:?publish=connect:\(address)" }

    /// For a subscriber that waits for a publisher who is not there.
    package var waiting: String { "zmq:?subscribe=connect:\(address)&confirmationTimeout=1h" }

    /// Runs `body` with a link in a directory of its own, whose path is short: an ipc path has at most 107 bytes.
    package static func with<R>(_ body: (BusLink) async throws -> R) async throws -> R {
        let directory = FileManager.default.temporaryDirectory.appending(path: "eb-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(BusLink(address: "ipc://\(directory.path)/s"))
    }

    /// Starts `eventbus sub` and waits until it is subscribed.
    package func subscriber(_ arguments: String...) async throws -> Program {
        let program = try Program(["sub", "--bus", subscribing] + arguments)
        guard await program.errorLine(beginning: "subscribed to") != nil else {
            throw NotSubscribed(errors: await program.outcome().errors)
        }
        return program
    }

    /// Runs `eventbus pub` to its end, once there is a subscriber.
    package func publish(_ arguments: String..., input: some Sequence<UInt8> = "".utf8) async throws -> Program.Outcome
    {
        try await Program.run(
            ["pub", "--bus", publishing, "--wait-for-subscribers", "1", "--within", "30s"] + arguments,
            input: input
        )
    }

    package struct NotSubscribed: Error {
        package let errors: String
    }
}
