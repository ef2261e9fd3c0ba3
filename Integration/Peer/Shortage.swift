import EventCore
import EventZMQ
import Foundation
import IntegrationSupport
import ProcessSupport

/// Lets a process run short of descriptors, one limit after the other.
struct Shortage {
    private struct Unexpected: Error {
        var description: String
    }

    private static let patience = Duration.seconds(20)

    /// Where to bind; a number is appended.
    let address: String

    /// Opens buses until there can be no more, under each limit; closed, they leave nothing behind.
    func open(under limits: ClosedRange<Int>) async throws -> PeerReport {
        var opened = 0
        var refusals: Set<String> = []
        for limit in limits {
            try await withLimit(limit) {
                var buses: [ZMQBus] = []
                while true {
                    do {
                        buses.append(try bus(buses.count))
                    } catch let error as EventError {
                        guard case .transport(let failure) = error, failure.code == EMFILE else { throw error }
                        refusals.insert(failure.reason)
                        break
                    }
                }
                opened += buses.count
                for bus in buses { await bus.close() }
            }
            let afterwards = try bus(0)
            await afterwards.close()
        }
        return .exhausted(opened: opened, refusals: refusals.sorted())
    }

    private func bus(_ number: Int) throws -> ZMQBus {
        try ZMQBus(
            configuration: ZMQBusConfiguration(
                publish: [.bind("\(address)-\(number)"), .connect("\(address)-absent")],
                subscribe: [.bind("tcp://127.0.0.1:*")]
            )
        )
    }

    /// Has a connection end for good, under each number of descriptors left, and come back when there are enough.
    func restart(with spare: ClosedRange<Int>) async throws -> PeerReport {
        let publisher = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: []))
        var narrow = ZMQBusConfiguration(publish: [], subscribe: [.connect(address)])
        narrow.maximumMessageSize = 1024
        let subscriber = try ZMQBus(configuration: narrow)
        var refusals: Set<String> = []
        var rounds = 0
        for count in spare {
            let subscription = try await subscriber.subscribe(to: "a")
            let used = try ProcessResources.current().descriptors
            try await withLimit(used + count) {
                try await publisher.publish(Envelope(subject: "a", rawPayload: Data(count: 2000)))
                // The connection has ended, and it is not made again by libzmq.
                try await until { subscriber.statistics.peers == 0 }
                try await lookOn(for: .milliseconds(200))
            }
            try await until { subscriber.statistics.peers == 1 }
            guard try await publisher.waitForSubscribers(of: "a", atLeast: 1, timeout: Self.patience) else {
                throw Unexpected(description: "no subscriber after \(count) descriptors were left")
            }
            try await publisher.publish(Envelope(subject: "a", source: "\(count)"))
            guard await subscription.next(within: Self.patience)?.source == "\(count)" else {
                throw Unexpected(description: "nothing arrives after \(count) descriptors were left")
            }
            subscription.close()
            rounds += 1
            refusals.insert("restarted \(subscriber.statistics.restartedConnections > 0)")
        }
        await subscriber.close()
        await publisher.close()
        return .exhausted(opened: rounds, refusals: refusals.sorted())
    }

    private func until(_ isMet: () -> Bool) async throws {
        try await eventually(within: Self.patience, "the connection does not end or come back", isMet)
    }

    private func withLimit<Outcome>(_ count: Int, _ body: () async throws -> Outcome) async throws -> Outcome {
        let former = try Self.limit(count)
        let result: Result<Outcome, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try Self.limit(former)
        return try result.get()
    }

    #if os(Linux)
    private static let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
    private static let descriptors = RLIMIT_NOFILE
    #endif

    /// Lets the process have so many descriptors at most; returns how many it was before.
    @discardableResult
    static func limit(_ count: Int) throws -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(descriptors, &limit) == 0 else { throw Unexpected(description: "there is no limit") }
        let former = Int(limit.rlim_cur)
        limit.rlim_cur = rlim_t(count)
        guard unsafe setrlimit(descriptors, &limit) == 0 else { throw Unexpected(description: "it cannot be set") }
        return former
    }
}
