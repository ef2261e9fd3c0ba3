import Foundation
import IntegrationSupport
import ProcessSupport

/// Somebody wants the path that the victim has bound.
extension Attack {
    static let paths = [otherBus, datagrams, removal, takeOver]

    private static let otherBus = Attack(
        name: "another bus binds the path",
        shows: "A live path is not taken away.",
        setting: .ipc
    ) { pair, findings in
        for round in 1...3 {
            let other = try? await pair.stage.peer("other \(round)", ["--publish", "bind:\(pair.down)"])
            findings.expect(other == nil, "another bus has bound the victim's path")
        }
    }

    private static let datagrams = Attack(
        name: "a datagram socket binds the path",
        shows: "A live path is not taken away by another kind of socket.",
        setting: .ipc
    ) { pair, findings in
        let thief = try? PathSocket.datagrams(at: path(of: pair))
        findings.expect(thief == nil, "a datagram socket has bound the victim's path")
        try await lookOn()
    }

    private static let removal = Attack(
        name: "the path is removed, again and again",
        shows: "A path that was removed is bound again.",
        isShort: true,
        setting: .ipc
    ) { pair, findings in
        for _ in 1...3 {
            try FileManager.default.removeItem(atPath: path(of: pair))
            findings.expect(try await isThere(path(of: pair)), "the victim does not bind its path again")
        }
    }

    private static let takeOver = Attack(
        name: "a datagram socket takes the removed path, for a while",
        shows: "A path that somebody else holds is bound again when that one has gone.",
        setting: .ipc
    ) { pair, findings in
        try FileManager.default.removeItem(atPath: path(of: pair))
        let thief = try? PathSocket.datagrams(at: path(of: pair))
        findings.expect(thief != nil, "the path could not be taken")
        try await pair.victim.perform(.awaitEvent(.refused, count: 1))
        findings.expect((try? RawConnection(to: pair.down)) == nil, "the path leads to the victim")
        thief?.close(leavingFile: true)
        findings.expect(try await isThere(path(of: pair), asStream: pair.down), "the victim does not get its path back")
    }

    private static func path(of pair: HonestPair) -> String { String(pair.down.dropFirst("ipc://".count)) }

    /// Waits until there is a file, and somebody listens at it when an endpoint is given.
    private static func isThere(_ path: String, asStream endpoint: String? = nil) async throws -> Bool {
        try await holds(within: .seconds(5)) {
            let isServed = endpoint.map { (try? RawConnection(to: $0)) != nil }
            return isServed ?? FileManager.default.fileExists(atPath: path)
        }
    }
}
