import EventCore
import EventZMQ
import Foundation
import IntegrationSupport

/// Lets a process run short of threads, which only a user has a limit of who is not root.
struct ThreadShortage {
    private struct Unexpected: Error {
        var description: String
    }

    /// Opens and closes a bus with so many threads to spare each time; it is never too late to have more again.
    func open(with spare: ClosedRange<Int>) async throws -> PeerReport {
        // Nobody else has this number, so that no other process counts.
        guard setuid(100_000 + UInt32(getpid())) == 0 else { throw Unexpected(description: "it has to be root") }
        let keys = try ZMQKeyPair.generate()
        var opened = 0
        var refusals: Set<String> = []
        for count in spare {
            for security in [nil, ZMQSecurity(keyPair: keys, peers: [:], serverKeys: [:])] {
                let former = try Self.limit(try ProcessResources.current().threads + count)
                do {
                    let bus = try bus(security)
                    try await bus.publish(count, to: "a")
                    await bus.close()
                    opened += 1
                } catch let error as EventError {
                    guard case .transport(let failure) = error, failure.code == EAGAIN else { throw error }
                    refusals.insert(failure.reason)
                }
                try Self.limit(former)
                let afterwards = try bus(security)
                await afterwards.close()
            }
        }
        return .exhausted(opened: opened, refusals: refusals.sorted())
    }

    private func bus(_ security: ZMQSecurity?) throws -> ZMQBus {
        var configuration = ZMQBusConfiguration(
            publish: [.bind("tcp://127.0.0.1:*")],
            subscribe: [.bind("tcp://127.0.0.1:*")]
        )
        configuration.security = security
        return try ZMQBus(configuration: configuration)
    }

    #if os(Linux)
    private static let threads = __rlimit_resource_t(__RLIMIT_NPROC.rawValue)
    #else
    private static let threads = RLIMIT_NPROC
    #endif

    /// Lets the user have so many threads at most; returns how many it was before.
    @discardableResult
    private static func limit(_ count: Int) throws -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(threads, &limit) == 0 else { throw Unexpected(description: "there is no limit") }
        let former = Int(clamping: limit.rlim_cur)
        limit.rlim_cur = min(rlim_t(count), limit.rlim_max)
        guard unsafe setrlimit(threads, &limit) == 0 else { throw Unexpected(description: "it cannot be set") }
        return former
    }
}
