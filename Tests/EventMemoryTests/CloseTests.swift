import Dispatch
import EventCore
import EventTesting
import Testing

@testable import EventMemory

/// What closing waits for, and what becomes of a publish that is under way.
@Suite(.timeLimit(.minutes(1))) struct CloseTests {
    private let observer = RecordingObserver()

    /// Stays in its first callback until it is let go.
    private final class SlowObserver: Observer {
        let entered = DispatchSemaphore(value: 0)
        let mayLeave = DispatchSemaphore(value: 0)

        func onPublish(_ envelope: Envelope) {
            entered.signal()
            _ = mayLeave.wait(timeout: .now() + 30)
        }
    }

    @Test func `closing waits for a callback in progress`() async throws {
        let slow = SlowObserver()
        let bus = MemoryBus(observer: slow)
        let publishing = StepExecutor()
        let published = Lock<StepExecutor.Step<Void>?>(nil)
        DispatchQueue(label: "publisher").async {
            let step = publishing.start { try await bus.publish(Envelope(subject: "a")) }
            published.withLock { $0 = step }
        }
        // Off the threads that run tasks, for it stands still.
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "waiting").async {
                slow.entered.wait()
                continuation.resume()
            }
        }
        let closing = StepExecutor()
        let closes = [closing.start { await bus.close() }, closing.start { await bus.close() }]
        #expect(closes.count { $0.isDone } == 0)
        slow.mayLeave.signal()
        await closing.run { closes.allSatisfy { $0.isDone } }
        #expect(closes.allSatisfy { $0.isDone })
        await publishing.run { published.withLock { $0?.isDone ?? false } }
        #expect(published.withLock { $0?.isDone ?? false && $0?.error == nil })
    }

    @Test func `closing waits for a publisher that waits for room, who has been told`() async throws {
        let bus = MemoryBus(observer: observer)
        let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
        let subscription = try await bus.subscribe(to: "a", options: options)
        try await bus.publish(Envelope(subject: "a"))
        let executor = StepExecutor()
        let publishing = executor.start { try await bus.publish(Envelope(subject: "a")) }
        #expect(!publishing.isDone)
        let closing = executor.start { await bus.close() }
        #expect(closing.isDone)
        #expect(publishing.error as? EventError == .busClosed)
        #expect(observer.droppedCount(reason: .closed) == 1)
        withExtendedLifetime(subscription) {}
    }

    @Test("beside a bus that closes, what was announced is accounted for", arguments: [0, 8])
    func race(_ cacheCapacity: Int) async throws {
        for _ in 0..<3000 {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer, routeCacheCapacity: cacheCapacity)
            let subscriptions = [try await bus.subscribe(to: "a"), try await bus.subscribe(to: ">")]
            async let published: Bool = {
                do {
                    try await bus.publish(Envelope(subject: "a"))
                    return true
                } catch {
                    return false
                }
            }()
            async let closed: Void = bus.close()
            let (isPublished, _) = await (published, closed)
            #expect(observer.publishedCount == (isPublished ? 1 : 0))
            let accounted = observer.deliveredCount + observer.droppedCount(reason: .closed)
            #expect(accounted == (isPublished ? 2 : 0))
            withExtendedLifetime(subscriptions) {}
        }
    }

    @Test func `a closed bus lets go of mailboxes that it remembered routes to`() async throws {
        let bus = MemoryBus()
        weak var mailbox: Mailbox?
        do {
            let subscription = try await bus.subscribe(to: "a")
            mailbox = bus.table.match("a").mailboxes.first
            try await bus.publish(Envelope(subject: "a"))
            #expect(mailbox != nil)
            withExtendedLifetime(subscription) {}
        }
        await bus.close()
        #expect(mailbox == nil)
    }

    @Test func `closing purges a lane once whoever has it gives it back`() async throws {
        let bus = MemoryBus()
        weak var mailbox: Mailbox?
        let lane = bus.table.lanes[0]
        let executor = StepExecutor()
        let closing: StepExecutor.Step<Void>
        do {
            let subscription = try await bus.subscribe(to: "a")
            mailbox = bus.table.match("a").mailboxes.first
            #expect(lane.take())
            #expect(unsafe lane.route(of: Envelope(subject: "a"), orMatchIn: bus.table) != nil)
            subscription.close()
        }
        #expect(mailbox != nil)
        closing = StepExecutor.Step(on: executor) { await bus.close() }
        // It yields for as long as the lane is taken.
        for _ in 0..<100 { executor.runOne() }
        #expect(!closing.isDone)
        #expect(mailbox != nil)
        lane.release()
        executor.run()
        #expect(closing.isDone)
        #expect(mailbox == nil)
    }
}
