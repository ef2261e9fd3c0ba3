import EventCore
import EventMemory
import EventTesting
import Testing

/// Groups under concurrent publishers and readers, with members that come and go.
@Suite(.timeLimit(.minutes(5))) struct GroupStressTests {
    @Test(arguments: BackpressurePolicy.allCases, [true, false])
    func `every envelope is read once or told as dropped`(_ policy: BackpressurePolicy, _ isObserved: Bool) async throws
    {
        let recorder = RecordingObserver()
        let bus = MemoryBus(observer: isObserved ? recorder : nil)
        let options = SubscriptionOptions(bufferCapacity: 4, backpressure: policy, group: "workers")
        let read = Tally()
        let (publishers, each) = (4, 300)
        let staying = try await bus.subscribe(to: "work.>", options: options)

        let reader = Task { for await envelope in staying { read.count(envelope) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in 0..<publishers {
                group.addTask {
                    for number in 0..<each {
                        let headers = ["label": "\(publisher).\(number)"]
                        try await bus.publish(Envelope(subject: "work.item", headers: headers))
                    }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<40 {
                        let member = try await bus.subscribe(to: "work.>", options: options)
                        for _ in 0..<3 {
                            guard let envelope = await member.next(within: .milliseconds(1)) else { break }
                            read.count(envelope)
                        }
                        member.close()
                        // Empty, but for what came when it was the last: never here, as one stays.
                        while let envelope = await member.next(within: .zero) { read.count(envelope) }
                    }
                }
            }
            try await group.waitForAll()
        }
        await bus.close()
        await reader.value

        let counts = read.counts
        #expect(counts.values.allSatisfy { $0 == 1 })
        let dropped = isObserved ? recorder.droppedCount() : bus.droppedCount
        #expect(counts.count + dropped == publishers * each)
        if policy == .block { #expect(dropped == 0) }
    }

    @Test func `publishers that wait for a group end with it, whatever ends first`() async throws {
        for round in 0..<100 {
            let bus = MemoryBus()
            let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block, group: "workers")
            let members = [
                try await bus.subscribe(to: "work", options: options),
                try await bus.subscribe(to: "work", options: options),
            ]
            let publishers = (0..<4).map { _ in Task { for _ in 0..<3 { try await bus.publish("x", to: "work") } } }
            let enders = members.map { member in Task { member.close() } }
            if round.isMultiple(of: 2) { publishers[0].cancel() }
            if round.isMultiple(of: 3) { await bus.close() }
            for ender in enders { await ender.value }
            for publisher in publishers {
                let result = await publisher.result
                guard case .failure(let error) = result else { continue }
                #expect(error is CancellationError || error as? EventError == .busClosed)
            }
            await bus.close()
        }
    }
}

/// How often each envelope was read.
private final class Tally: Sendable {
    private let state = Lock<[String: Int]>([:])

    var counts: [String: Int] { state.withLock { $0 } }

    func count(_ envelope: Envelope) {
        state.withLock { $0[envelope.headers["label"] ?? "", default: 0] += 1 }
    }
}
