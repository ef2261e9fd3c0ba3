import EventCore
import Foundation
import Testing

@testable import EventZMQ

/// Tasks on the thread of a bus.
@Suite(.timeLimit(.minutes(2))) struct ExecutorTests {
    /// What tells one thread from another.
    private static func thread() -> String { "\(pthread_self())" }

    @Test(arguments: Joined.Way.allCases) func `what waits for envelopes runs on one thread`(way: Joined.Way)
        async throws
    {
        let joined = try Joined(way)
        let (publisher, subscriber) = (joined.publisher, joined.subscriber)
        let reading = Task(executorPreference: subscriber.executor) {
            var threads: Set<String> = [Self.thread()]
            let subscription = try await subscriber.subscribe(to: "orders.>")
            threads.insert(Self.thread())
            var subjects: [String] = []
            for await envelope in subscription {
                threads.insert(Self.thread())
                subjects.append(envelope.subject.rawValue)
                if subjects.count == 3 { break }
            }
            return (threads, subjects)
        }
        #expect(try await publisher.waitForSubscribers(of: "orders.n1", atLeast: 1, timeout: .seconds(20)))
        let writing = Task(executorPreference: publisher.executor) {
            for number in 1...3 {
                try await publisher.publish("\(number)", to: Subject(validating: "orders.n\(number)"))
            }
            return Self.thread()
        }
        let other = try await writing.value
        let (threads, subjects) = try await reading.value
        #expect(threads.count == 1)
        #expect(!threads.contains(other))
        #expect(subjects == ["orders.n1", "orders.n2", "orders.n3"])
        await publisher.close()
        await subscriber.close()
    }

    @Test func `a task that never rests leaves the bus its turn`() async throws {
        let joined = try Joined()
        let busy = Task(executorPreference: joined.subscriber.executor) {
            var turns = 0
            while !Task.isCancelled {
                turns += 1
                await Task.yield()
            }
            return turns
        }
        let subscription = try await joined.subscriber.subscribe(to: "orders.>")
        try await joined.publisher.publish("first", to: "orders.created")
        let received = await subscription.next(within: .seconds(20))
        #expect(received?.subject == "orders.created")
        busy.cancel()
        #expect(await busy.value > 0)
        await joined.publisher.close()
        await joined.subscriber.close()
    }

    @Test func `of many tasks at once no more than 64 run before the bus has its turn`() throws {
        let executor = ServiceExecutor(wakeUp: try WakeUp())
        let runs = RunCounter()
        for _ in 0..<200 { Task(executorPreference: executor) { runs.count.withLock { $0 += 1 } } }
        var turns: [Int] = []
        while turns.reduce(0, +) < 200, turns.count < 10 {
            let before = runs.count.withLock { $0 }
            _ = executor.run()
            turns.append(runs.count.withLock { $0 } - before)
        }
        #expect(turns == [64, 64, 64, 8])
        #expect(executor.run())
        executor.close()
    }

    @Test func `a task may close the bus on whose thread it runs, and goes on`() async throws {
        let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(Address.ipc())], subscribe: []))
        let closing = Task(executorPreference: bus.executor) {
            let before = Self.thread()
            await bus.close()
            await Task.yield()
            return before != Self.thread()
        }
        #expect(await closing.value)
        let afterwards = Task(executorPreference: bus.executor) { "ran" }
        #expect(await afterwards.value == "ran")
    }

    @Test func `no turn of a task is lost, whoever hands it over and whenever the bus is closed`() async throws {
        for _ in 1...40 {
            let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(Address.ipc())], subscribe: []))
            let tasks = (1...8).map { _ in
                Task(executorPreference: bus.executor) {
                    for _ in 1...50 {
                        await Task.yield()
                        // From there another thread hands the task back.
                        await Task(executorPreference: globalConcurrentExecutor) {}.value
                    }
                }
            }
            await tasks[0].value
            await bus.close()
            for task in tasks { await task.value }
        }
    }
}

/// How many tasks have run.
private final class RunCounter: Sendable {
    let count = Lock(0)
}
