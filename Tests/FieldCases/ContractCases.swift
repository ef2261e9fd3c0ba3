import EventCore
import EventMemory
import EventMetrics
import EventTesting
import EventTracing
import InMemoryTracing
import MetricsTestKit
import Testing

extension FieldCase {
    /// What a bus promises within one process.
    static let contract = [
        FieldCase("a publish whose predicate closes the bus ends alike whether anyone observes it or not") {
            for observer in [nil, RecordingObserver()] {
                let bus = MemoryBus(observer: observer)
                let subscription = try await bus.subscribe(to: "a", options: .closing(bus))
                try await bus.publish(Envelope(subject: "a"))
                await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
                withExtendedLifetime(subscription) {}
            }
        },
        FieldCase("an envelope that was announced is dropped as closed for each match when a predicate closes the bus")
        {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer)
            let subscriptions = [
                try await bus.subscribe(to: "*", options: .closing(bus)),
                try await bus.subscribe(to: "a", options: SubscriptionOptions { _ in true }),
                try await bus.subscribe(to: ">", options: SubscriptionOptions { _ in true }),
                try await bus.subscribe(to: ">", options: SubscriptionOptions { _ in false }),
            ]
            try await bus.publish(Envelope(subject: "a"))
            #expect(observer.publishedCount == 1)
            #expect(observer.deliveredCount + observer.droppedCount(reason: .closed) == 3)
            withExtendedLifetime(subscriptions) {}
        },
        FieldCase("beside a bus that closes, an envelope is announced and accounted for, or refused") {
            for _ in 0..<500 {
                let observer = RecordingObserver()
                let bus = MemoryBus(observer: observer)
                let subscription = try await bus.subscribe(to: "a")
                async let closed: Void = bus.close()
                var isPublished = true
                do { try await bus.publish(Envelope(subject: "a")) } catch { isPublished = false }
                await closed
                let accounted = observer.deliveredCount + observer.droppedCount(reason: .closed)
                #expect(observer.publishedCount == (isPublished ? 1 : 0))
                #expect(accounted == observer.publishedCount)
                withExtendedLifetime(subscription) {}
            }
        },
        FieldCase("a full subscription with block that was read meanwhile takes what comes off a wire") {
            for patterns in [["a", ">"], [">", "a"]] as [[EventCore.Pattern]] {
                let bus = MemoryBus()
                let block = SubscriptionOptions(bufferCapacity: 1, backpressure: .block)
                let full = try await bus.subscribe(to: patterns[0], options: block)
                bus.deliver(Envelope(subject: "a"))
                let reading = try await bus.subscribe(
                    to: patterns[1],
                    options: SubscriptionOptions { _ in
                        StepExecutor().start { await full.next(within: .zero) }.isDone
                    }
                )
                bus.deliver(Envelope(subject: "a"))
                #expect(bus.droppedCount == 0)
                #expect(full.counts.buffered == 1)
                withExtendedLifetime(reading) {}
            }
        },
        FieldCase("nil from next(within:) because time is up and because all is over can be told apart") {
            let bus = MemoryBus()
            let subscription = try await bus.subscribe(to: "a")
            #expect(await subscription.next(within: .zero) == nil)
            #expect(!subscription.hasEnded)
            try await bus.publish(Envelope(subject: "a"))
            await bus.close()
            #expect(!subscription.hasEnded)
            #expect(await subscription.next(within: .zero) != nil)
            #expect(subscription.hasEnded)
            #expect(await subscription.next(within: .seconds(600)) == nil)
        },
        FieldCase(
            "a subscription whose reader was cancelled in next(within:) has ended, and counts as empty in metrics"
        ) {
            let backend = TestMetrics()
            let metrics = MetricsObserver(factory: backend)
            let bus = MeteredBus(MemoryBus(observer: metrics), metrics: metrics)
            let subscription = try await bus.subscribe(to: "a")
            try await bus.publish(Envelope(subject: "a"))
            let reader = Task {
                unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
                return await subscription.next(within: .seconds(600))
            }
            #expect(await reader.value == nil)
            #expect(subscription.hasEnded)
            #expect(try backend.expectMeter("event_bus_buffered", [("pattern", "a")]).lastValue == 0)
        },
        FieldCase("a gauge of what waits never falls below nothing, and is nothing once all is read") {
            let backend = TestMetrics()
            let metrics = MetricsObserver(factory: backend)
            // Nobody tells of deliveries but this case, and late.
            let bus = MeteredBus(MemoryBus(), metrics: metrics)
            let subscription = try await bus.subscribe(to: "a")
            try await bus.publish(Envelope(subject: "a"))
            subscription.close()
            for await _ in subscription {}
            metrics.onDeliver(Envelope(subject: "a"), to: subscription.id)
            let values = try backend.expectMeter("event_bus_buffered", [("pattern", "a")]).values
            #expect(values.allSatisfy { $0 >= 0 } && values.last ?? 0 == 0)
        },
        FieldCase("a responder whose bus is closed meanwhile is told so once") {
            let bus = MemoryBus()
            let requests = try await bus.subscribe(to: "a")
            try await bus.publish(Envelope(subject: "a", headers: [Envelope.HeaderKey.replyTo: "_reply.x"]))
            let failures = Lock<[String]>([])
            await bus.respond(
                to: requests,
                onFailure: { error, _ in failures.withLock { $0.append("\(error)") } },
                { _ in
                    await bus.close()
                    return 1
                }
            )
            #expect(failures.withLock(\.self) == ["\(EventError.busClosed)"])
        },
        FieldCase("a bus that wraps another one has the other's link") {
            let base = StubLinkedBus()
            let metrics = MetricsObserver(factory: TestMetrics())
            let wrappers: [any Bus] = [
                RecordingBus(wrapping: base), MeteredBus(base, metrics: metrics),
                TracedBus(base, tracer: InMemoryTracer()),
                RecordingBus(wrapping: TracedBus(MeteredBus(base, metrics: metrics), tracer: InMemoryTracer())),
            ]
            for wrapper in wrappers { #expect(wrapper.link as? StubLink === base.stub) }
            #expect(RecordingBus().link == nil)
        },
    ]
}

extension SubscriptionOptions {
    /// Wants everything, and closes the bus before it says so.
    fileprivate static func closing(_ bus: MemoryBus) -> SubscriptionOptions {
        SubscriptionOptions { _ in
            let executor = StepExecutor()
            let close = executor.start { await bus.close() }
            executor.runWaiting { close.isDone }
            return close.isDone
        }
    }
}
