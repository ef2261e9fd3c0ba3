import EventCore
import EventNATS
import Foundation
import NATSSupport
import ProcessSupport
import Testing

/// How many times leaders are killed; `make nats-log-stress` says more.
private let kills = ProcessInfo.processInfo.environment["EVENT_NATS_KILLS"].flatMap { Int($0) } ?? 3

/// What the appending tasks of a test have done, and whether they are to end.
private final class Appended: Sendable {
    /// The sequence number of each envelope, by its id.
    let acknowledged = Lock<[String: UInt64]>([:])
    let isDone = Lock(false)
    /// What has ended one of them too early.
    let failure = Lock<(any Error)?>(nil)

    var count: Int { acknowledged.withLock { $0.count } }

    /// Waits until so many more are acknowledged; on a busy machine servers may take long to agree on a leader.
    func more(_ more: Int, than before: Int) async throws {
        try await eventually(within: .seconds(200), "\(count - before) of \(more) more are acknowledged") {
            if let failure = failure.withLock({ $0 }) { throw failure }
            return count >= before + more
        }
    }
}

/// A log with three replicas, whose servers are killed.
@Suite(.serialized, .timeLimit(.minutes(30))) struct LogClusterTests {
    @Test func `whatever leader is killed, each envelope that was acknowledged is there, once`() async throws {
        let cluster = try await NATSLogCluster()
        let name = freshName()
        let log = try await cluster.log(name)
        let appended = Appended()
        let replay = try await log.replay()
        let appending = Task {
            try await withThrowingTaskGroup { group in
                for worker in 0..<8 {
                    group.addTask {
                        var number = 0
                        // About a thousand a second in all.
                        while !appended.isDone.withLock({ $0 }) {
                            let envelope = try Envelope(subject: "a.b", payload: "\(worker)-\(number)")
                            let position: NATSLogPosition
                            do {
                                position = try await log.append(envelope)
                            } catch {
                                appended.failure.withLock { $0 = error }
                                throw error
                            }
                            appended.acknowledged.withLock { $0[envelope.id] = position.sequence }
                            number += 1
                            try await Task.sleep(for: .milliseconds(6))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        for _ in 0..<kills {
            try await appended.more(300, than: appended.count)
            let leader = try #require(await log.info.leader)
            let index = try #require(Int(leader.dropFirst())) - 1
            await cluster[index].kill()
            // The two others go on alone.
            try await appended.more(300, than: appended.count)
            try await cluster[index].start()
            try await cluster.waitUntilReady()
        }
        appended.isDone.withLock { $0 = true }
        try await appending.value

        let expected = appended.acknowledged.withLock { $0 }
        let last = try #require(expected.values.max())
        var found: [String: UInt64] = [:]
        var sequences: [UInt64] = []
        while sequences.last ?? 0 < last, let entry = try await replay.next() {
            #expect(
                found.updateValue(entry.sequence, forKey: entry.envelope.id) == nil,
                "\(entry.envelope.id) is there twice"
            )
            sequences.append(entry.sequence)
        }
        #expect(sequences == sequences.sorted())
        // Replayed live through all of it, and read anew.
        #expect(expected.filter { found[$0.key] != $0.value } == [:])
        var again: [UInt64] = []
        let second = try await log.replay()
        while again.count < sequences.count, let entry = try await second.next() { again.append(entry.sequence) }
        #expect(again == sequences)
        await log.close()
    }

    @Test func `a durable consumer goes on when the leader is killed`() async throws {
        let cluster = try await NATSLogCluster()
        let log = try await cluster.log(freshName())
        var options = NATSLogConsumerOptions()
        options.acknowledgementWait = .seconds(2)
        let consumer = try await log.consume(name: "work", options: options)
        try await log.append(0..<100)
        var found: Set<Int> = []
        while found.count < 200, let delivery = try await consumer.next() {
            let isNew = found.insert(try #require(try delivery.envelope.decode(Int.self))).inserted
            try await delivery.ack()
            guard isNew, found.count == 50 else { continue }
            let leader = try #require(await log.info.leader)
            let index = try #require(Int(leader.dropFirst())) - 1
            await cluster[index].kill()
            try await log.append(100..<200)
        }
        #expect(found == Set(0..<200))
        await log.close()
    }
}

extension NATSLogCluster {
    /// A log with three replicas, by way of all servers.
    func log(_ name: String) async throws -> NATSLog {
        try await NATSLog.fresh(on: self[0], stream: name) {
            $0.servers = servers.map(\.url)
            $0.storage = .file
            $0.replicas = 3
            $0.timeout = .seconds(120)
        }
    }
}
