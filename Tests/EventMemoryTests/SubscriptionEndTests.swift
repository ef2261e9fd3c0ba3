import EventCore
import EventTesting
import EventTransport
import Testing

@testable import EventMemory

/// What an observer is told of subscriptions: when they begin, and what ended them.
@Suite(.timeLimit(.minutes(2))) struct SubscriptionEndTests {
    /// The ways out of a subscription.
    enum WayOut: String, CaseIterable {
        case close, scope, scopeThatThrows, cancelledLoop, cancelledRead, cancelledWait, release, releaseOfIterator
        case busClose, busRelease

        var end: SubscriptionEnd {
            switch self {
            case .close, .scope, .scopeThatThrows: .closed
            case .cancelledLoop, .cancelledRead, .cancelledWait: .cancelled
            case .release, .releaseOfIterator: .released
            case .busClose, .busRelease: .busClosed
            }
        }
    }

    /// What a subscription holds when it ends.
    enum Holding: String, CaseIterable {
        case nothing, envelopes, publisher
    }

    /// Every way out with everything that can be held then.
    ///
    /// Who waits to read has emptied the buffer, and who waits to publish refers to the bus.
    static let table: [(WayOut, Holding)] = WayOut.allCases.flatMap { way in
        Holding.allCases.compactMap { holding in
            if way == .cancelledWait, holding != .nothing { return nil }
            if way == .busRelease, holding == .publisher { return nil }
            return (way, holding)
        }
    }

    private let observer = RecordingObserver()
    private let executor = StepExecutor()
    private let options = SubscriptionOptions(bufferCapacity: 1, backpressure: .block, name: "audit")

    /// The callbacks about a subscription, in short.
    private func callbacks(about id: SubscriptionID) -> [String] {
        observer.callbacks.filter { $0.subscription == id }.compactMap { callback in
            switch callback {
            case .subscribed: "subscribed"
            case .ended(_, let reason): reason.rawValue
            case .event(.delivered): "delivered"
            case .event(.dropped(_, _, let reason)): "dropped (\(reason.rawValue))"
            default: nil
            }
        }
    }

    @Test("each way out is told once, as what it is", arguments: table)
    func ends(_ way: WayOut, holding: Holding) async throws {
        let bus = MemoryBus(observer: observer)
        let id = way == .busRelease ? try await endWithBus(holding) : try await end(way, holding, of: bus)
        executor.run()
        var expected = ["subscribed"]
        if holding != .nothing { expected.append("delivered") }
        if holding == .publisher { expected.append("dropped (closed)") }
        expected.append(way.end.rawValue)
        #expect(callbacks(about: id).sorted() == expected.sorted())
        #expect(callbacks(about: id).first == "subscribed")
        await bus.close()
        #expect(callbacks(about: id).count == expected.count)
        #expect(observer.openSubscriptions.isEmpty)
    }

    /// Has a subscription hold something.
    private func fill(_ holding: Holding, of bus: MemoryBus) async throws {
        if holding != .nothing { try await bus.publish(Envelope(subject: "a")) }
        guard holding == .publisher else { return }
        let publisher = executor.start { try? await bus.publish(Envelope(subject: "a")) }
        #expect(!publisher.isDone)
    }

    private func end(_ way: WayOut, _ holding: Holding, of bus: MemoryBus) async throws -> SubscriptionID {
        if way == .scope || way == .scopeThatThrows {
            return try await endScope(throwing: way == .scopeThatThrows, holding, of: bus)
        }
        let subscription = try await bus.subscribe(to: "a", options: options)
        try await fill(holding, of: bus)
        switch way {
        case .close:
            subscription.close()
            subscription.close()
        case .cancelledLoop: await cancelled { for await _ in subscription {} }
        case .cancelledRead: await cancelled { _ = await subscription.next(within: .seconds(600)) }
        case .cancelledWait:
            let reader = executor.start { for await _ in subscription {} }
            #expect(!reader.isDone)
            reader.cancel()
            executor.run()
            #expect(reader.isDone)
        case .releaseOfIterator: _ = subscription.makeAsyncIterator()
        case .busClose:
            // It waits for the publisher, which goes on when the executor runs.
            let closing = executor.start { await bus.close() }
            #expect(closing.isDone)
            subscription.close()
        case .busRelease, .release, .scope, .scopeThatThrows: break
        }
        return subscription.id
    }

    /// Does work in a task that is cancelled.
    private func cancelled(_ work: @escaping @Sendable () async -> Void) async {
        await Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            await work()
        }.value
    }

    private func endScope(throwing: Bool, _ holding: Holding, of bus: MemoryBus) async throws -> SubscriptionID {
        var ids: [SubscriptionID] = []
        do {
            try await bus.withSubscription(to: "a", options: options) { subscription in
                ids.append(subscription.id)
                try await fill(holding, of: bus)
                if throwing { throw EventError.invalidConfiguration("on purpose") }
            }
        } catch EventError.invalidConfiguration {}
        return try #require(ids.first)
    }

    /// Lets go of a bus while its subscription is still there.
    private func endWithBus(_ holding: Holding) async throws -> SubscriptionID {
        var bus: MemoryBus? = MemoryBus(observer: observer)
        let subscription = try #require(try await bus?.subscribe(to: "a", options: options))
        if let bus { try await fill(holding, of: bus) }
        bus = nil
        #expect(callbacks(about: subscription.id).last == "bus_closed")
        return subscription.id
    }

    @Test func `it is told what was asked for`() async throws {
        let bus = MemoryBus(observer: observer)
        let subscription = try await bus.subscribe(to: "a.*", options: options)
        let info = SubscriptionInfo(
            id: subscription.id,
            pattern: "a.*",
            name: "audit",
            bufferCapacity: 1,
            backpressure: .block
        )
        #expect(observer.callbacks == [.subscribed(info)])
        #expect(subscription.name == "audit")
        #expect(subscription.description == "audit (\(subscription.id)) to a.*")
        subscription.close()
        #expect(observer.callbacks == [.subscribed(info), .ended(info, reason: .closed)])
        let plain = try await bus.subscribe(to: "b", options: SubscriptionOptions(bufferCapacity: -1) { _ in true })
        #expect(
            observer.callbacks.last
                == .subscribed(SubscriptionInfo(id: plain.id, pattern: "b", bufferCapacity: 64, hasPredicate: true))
        )
        #expect(plain.name == nil)
        #expect(plain.description == "\(plain.id) to b")
    }

    @Test func `nothing is told of what is refused`() async throws {
        let bus = MemoryBus(observer: observer)
        let excessive = SubscriptionOptions(bufferCapacity: SubscriptionOptions.maximumBufferCapacity + 1)
        await #expect(throws: EventError.self) { try await bus.subscribe(to: "a", options: excessive) }
        await bus.close()
        await #expect(throws: EventError.busClosed) { try await bus.subscribe(to: "a") }
        #expect(observer.callbacks.isEmpty)
    }

    @Test func `a transport that gives an opening up says why`() async throws {
        let bus = MemoryBus(observer: observer)
        for end in SubscriptionEnd.allCases {
            let opening = try bus.open("a", options: options) {}
            opening.close(end)
            guard case .ended(_, let reason) = try #require(observer.callbacks.last) else { continue }
            #expect(reason == end)
        }
        #expect(observer.callbacks.count == 2 * SubscriptionEnd.allCases.count)
    }

    @Test func `beside a bus that closes, every subscription that was told of is told to end, before close returns`()
        async throws
    {
        for round in 0..<2000 {
            let observer = RecordingObserver()
            let bus = MemoryBus(observer: observer)
            let open = [try await bus.subscribe(to: "a"), try await bus.subscribe(to: "b")]
            async let ended: Void = {
                if round.isMultiple(of: 2) { open[0].close() } else { await cancelled { for await _ in open[0] {} } }
            }()
            async let opened: Subscription? = try? bus.subscribe(to: "c")
            async let closed: Int = {
                await bus.close()
                return observer.callbacks.count
            }()
            async let closedAgain: Int = {
                await bus.close()
                return observer.callbacks.count
            }()
            let counts = await [closed, closedAgain]
            let late = await opened
            await ended
            #expect(counts == [observer.callbacks.count, observer.callbacks.count])
            #expect(observer.openSubscriptions.isEmpty)
            let (begun, over) = (
                observer.callbacks.count { $0.isBeginning }, observer.callbacks.count { !$0.isBeginning }
            )
            #expect(begun == over)
            #expect(begun >= (late == nil ? 2 : 3))
        }
    }
}

extension RecordingObserver.Callback {
    fileprivate var isBeginning: Bool {
        if case .subscribed = self { true } else { false }
    }
}
