import Foundation
import IntegrationSupport

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
        findings.expect(DatagramSocket(at: path(of: pair)) == nil, "a datagram socket has bound the victim's path")
        try await Task.sleep(for: .seconds(1))
    }

    private static let removal = Attack(
        name: "the path is removed, again and again",
        shows: "A path that was removed is bound again.",
        isShort: true,
        setting: .ipc
    ) { pair, findings in
        for _ in 1...3 {
            try FileManager.default.removeItem(atPath: path(of: pair))
            findings.expect(await isThere(path(of: pair)), "the victim does not bind its path again")
        }
    }

    private static let takeOver = Attack(
        name: "a datagram socket takes the removed path, for a while",
        shows: "A path that somebody else holds is bound again when that one has gone.",
        setting: .ipc
    ) { pair, findings in
        try FileManager.default.removeItem(atPath: path(of: pair))
        let thief = DatagramSocket(at: path(of: pair))
        findings.expect(thief != nil, "the path could not be taken")
        try await Task.sleep(for: .seconds(2.5))
        findings.expect((try? RawConnection(to: pair.down)) == nil, "the path leads to the victim")
        // The file stays where it is.
        thief?.close()
        findings.expect(await isThere(path(of: pair), asStream: pair.down), "the victim does not get its path back")
    }

    private static func path(of pair: HonestPair) -> String { String(pair.down.dropFirst("ipc://".count)) }

    /// Waits until there is a file, and somebody listens at it when an endpoint is given.
    private static func isThere(_ path: String, asStream endpoint: String? = nil) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < deadline {
            let isServed = endpoint.map { (try? RawConnection(to: $0)) != nil }
            if isServed ?? FileManager.default.fileExists(atPath: path) { return true }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return false
    }
}

/// A socket of datagrams that has bound a path.
private struct DatagramSocket: Sendable {
    private let descriptor: Int32

    /// Binds; `nil` when the system refuses.
    init?(at path: String) {
        #if canImport(Glibc)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        #else
        descriptor = socket(AF_UNIX, SOCK_DGRAM, 0)
        #endif
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close()
            return nil
        }
    }

    func close() { Foundation.close(descriptor) }
}
