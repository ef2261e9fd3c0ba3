/// Hands what is published on buses to handlers, each apart from the others.
///
/// ```swift
/// let router = EventRouter(local, remote) { failure in logger.error("\(failure)") }
/// router.on("orders.*.created", of: Order.self) { order, envelope in
///     try await store.add(order, from: envelope.source)
/// }
/// router.on("orders.>", "users.*.deleted", name: "audit", concurrency: 4) { envelope in
///     try await log.append(envelope)
/// }
/// try await router.run()
/// ```
///
/// Each pattern on each bus is a subscription of its own. At most `concurrency` calls of a handler are under way at a time,
/// one unless more are asked for; with one, the envelopes of each subscription are handed out in order. An envelope that two
/// patterns of a handler match on one bus is handed to it twice. What a handler throws, and a payload that is not of its type,
/// is reported, and ends neither its own reading nor that of others.
///
/// Handlers and buses may be added at any time, while it runs as well: then it subscribes at once, and ``open()`` waits until
/// it has. All of it may be used from any task, concurrently.
public final class EventRouter: Sendable {
    /// What is called for each envelope.
    public typealias Handler = @Sendable (Envelope) async throws -> Void

    /// A handler, and where it listens.
    private struct Route: Sendable {
        var name: String
        var patterns: [Pattern]
        /// `nil` means those of the router.
        var buses: [any Bus]?
        var options: SubscriptionOptions
        var concurrency: Int
        var limit: CallLimit
        var handler: Handler
    }

    private typealias Place = RouterStateMachine.Place

    private struct State: Sendable {
        var machine = RouterStateMachine()
        var routes: [Route] = []
        var buses: [any Bus] = []
        var subscriptions: [Place: Subscription] = [:]
        /// Wakes the run.
        var news: AsyncStream<Void>.Continuation?
    }

    private let state = Lock(State())
    /// One at a time, so that whoever has waited for it finds everything subscribed.
    private let opening = CallLimit(1)
    private let onFailure: @Sendable (HandlerFailure) -> Void

    /// Creates a router without handlers.
    ///
    /// - Parameters:
    ///   - buses: What its handlers listen to; more can be added.
    ///   - onFailure: Told what a handler throws, by the task that called it; possibly from several at once.
    public convenience init(_ buses: any Bus..., onFailure: @escaping @Sendable (HandlerFailure) -> Void) {
        self.init(buses, onFailure: onFailure)
    }

    /// Creates a router without handlers, on buses that are collected at run time.
    ///
    /// - Parameters:
    ///   - buses: What its handlers listen to; more can be added.
    ///   - onFailure: Told what a handler throws, by the task that called it; possibly from several at once.
    public init(_ buses: [any Bus], onFailure: @escaping @Sendable (HandlerFailure) -> Void) {
        self.onFailure = onFailure
        for bus in buses { add(bus) }
    }

    // MARK: Handlers and buses

    /// Adds a bus, which every handler listens to that has no buses of its own.
    ///
    /// - Parameter bus: The bus; one that is closed while the router runs is left out.
    public func add(_ bus: any Bus) {
        change { state in
            state.buses.append(bus)
            state.machine.addBus()
        }
    }

    /// Adds a handler of envelopes.
    ///
    /// - Parameters:
    ///   - patterns: What it listens to.
    ///   - name: What it is called in reports, and its subscriptions unless `options` name them; `nil` means its patterns.
    ///   - buses: Where it listens; `nil` means all buses of the router, also those that are added later.
    ///   - options: Buffer, backpressure and predicate of each of its subscriptions.
    ///   - concurrency: How many calls of it may be under way at a time; from 1.
    ///   - handler: Called for every envelope.
    public func on(
        _ patterns: Pattern...,
        name: String? = nil,
        buses: [any Bus]? = nil,
        options: SubscriptionOptions = .init(),
        concurrency: Int = 1,
        handler: @escaping Handler
    ) {
        add(patterns, name, buses, options, concurrency, handler)
    }

    /// Adds a handler of values.
    ///
    /// - Parameters:
    ///   - patterns: What it listens to.
    ///   - type: What each payload is decoded as; none counts as the JSON value `null`. What is something else is reported.
    ///   - name: What it is called in reports, and its subscriptions unless `options` name them; `nil` means its patterns.
    ///   - buses: Where it listens; `nil` means all buses of the router, also those that are added later.
    ///   - options: Buffer, backpressure and predicate of each of its subscriptions.
    ///   - concurrency: How many calls of it may be under way at a time; from 1.
    ///   - handler: Called with every value and the envelope that it came in.
    public func on<Value: Decodable & Sendable>(
        _ patterns: Pattern...,
        of type: Value.Type,
        name: String? = nil,
        buses: [any Bus]? = nil,
        options: SubscriptionOptions = .init(),
        concurrency: Int = 1,
        handler: @escaping @Sendable (Value, Envelope) async throws -> Void
    ) {
        add(patterns, name, buses, options, concurrency) { envelope in
            let decoded: DecodedEnvelope<Value>
            do throws(UndecodableEnvelope) {
                decoded = try DecodedEnvelope(decoding: envelope)
            } catch {
                throw error.reason
            }
            try await handler(decoded.value, envelope)
        }
    }

    private func add(
        _ patterns: [Pattern],
        _ name: String?,
        _ buses: [any Bus]?,
        _ options: SubscriptionOptions,
        _ concurrency: Int,
        _ handler: @escaping Handler
    ) {
        precondition(concurrency > 0, "a handler with a concurrency of \(concurrency) would never be called")
        var options = options
        options.name = options.name ?? name
        let route = Route(
            name: name ?? patterns.map(\.rawValue).joined(separator: ", "),
            patterns: patterns,
            buses: buses,
            options: options,
            concurrency: concurrency,
            limit: CallLimit(concurrency),
            handler: handler
        )
        change { state in
            state.routes.append(route)
            state.machine.addRoute(patterns: patterns.count, ownBuses: buses?.count)
        }
    }

    /// Changes the state and wakes the run, where there is one.
    private func change(_ body: (inout State) -> Void) {
        let news = state.withLock { state in
            body(&state)
            return state.news
        }
        news?.yield()
    }

    // MARK: Subscribing

    /// Subscribes where that has not been done yet; on return everything that was added before is in effect.
    ///
    /// What is published from then on is kept until the router runs, within the capacity of each subscription. While it runs,
    /// buses that are closed are left out.
    ///
    /// - Throws: As `Bus.subscribe`; then nothing is subscribed that was not before.
    public func open() async throws {
        try await open(leavingOutClosed: state.withLock { $0.machine.isRunning })
    }

    private func open(leavingOutClosed leavesOutClosed: Bool) async throws {
        await opening.enter()
        defer { opening.leave() }
        let places = state.withLock { $0.machine.missing }
        var opened: [(Place, Subscription)] = []
        do {
            for place in places {
                do {
                    opened.append((place, try await subscribe(at: place)))
                } catch EventError.busClosed where leavesOutClosed {
                    state.withLock { $0.machine.gave(up: place) }
                }
            }
        } catch {
            for (_, subscription) in opened { subscription.close() }
            throw error
        }
        var isStopping = false
        change { state in
            state.machine.opened(opened.map(\.0))
            for (place, subscription) in opened { state.subscriptions[place] = subscription }
            isStopping = state.machine.isStopping
        }
        // What stopped the router meanwhile has not seen them.
        if isStopping { for (_, subscription) in opened { subscription.close() } }
    }

    private func subscribe(at place: Place) async throws -> Subscription {
        let (route, buses) = state.withLock { ($0.routes[place.route], $0.buses) }
        let bus = (route.buses ?? buses)[place.bus]
        return try await bus.subscribe(to: route.patterns[place.pattern], options: route.options)
    }

    // MARK: Running

    /// Subscribes and calls the handlers until every subscription has ended, by ``stop()`` or with its bus, or the task is
    /// cancelled.
    ///
    /// When the task is cancelled nothing more is handed out; handlers that are at work are cancelled and waited for. A router
    /// may be run again afterwards, but not twice at a time.
    ///
    /// - Throws: As `Bus.subscribe`; then nothing is subscribed any more.
    public func run() async throws {
        let (news, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let begins = state.withLock { $0.machine.begin() }
        precondition(begins, "the router runs already")
        defer { end() }
        state.withLock { $0.news = wake }
        try await open(leavingOutClosed: false)
        try await withThrowingTaskGroup(of: Void.self) { group in
            var news = news.makeAsyncIterator()
            while true {
                switch state.withLock({ $0.machine.next() }) {
                case .open: try await open()
                case .read(let places): for place in places { group.addTask { await self.read(place) } }
                case .wait: if await news.next() == nil { return }
                case .finish: return
                }
            }
        }
    }

    /// Closes the subscriptions: ``run()`` hands out what they hold, and then returns.
    public func stop() {
        let subscriptions = state.withLock { state in
            state.machine.stop()
            return state.subscriptions
        }
        for subscription in subscriptions.values { subscription.close() }
    }

    private func end() {
        let left = state.withLock { state in
            state.machine.end()
            state.news = nil
            defer { state.subscriptions = [:] }
            return state.subscriptions
        }
        withExtendedLifetime(left) {}
    }

    /// Hands out what a subscription receives until it has ended.
    private func read(_ place: Place) async {
        let (route, subscription) = state.withLock { ($0.routes[place.route], $0.subscriptions[place]) }
        if let subscription {
            await withDiscardingTaskGroup { group in
                for _ in 0..<route.concurrency {
                    group.addTask {
                        for await envelope in subscription { await self.hand(envelope, to: route, subscription) }
                    }
                }
            }
        }
        let ended = state.withLock { $0.subscriptions.removeValue(forKey: place) }
        withExtendedLifetime(ended) {}
        change { $0.machine.ended(place) }
    }

    private func hand(_ envelope: Envelope, to route: Route, _ subscription: Subscription) async {
        await route.limit.enter()
        defer { route.limit.leave() }
        guard !Task.isCancelled else { return }
        do {
            try await route.handler(envelope)
        } catch is CancellationError where Task.isCancelled {
            return
        } catch {
            let pattern = subscription.pattern
            onFailure(HandlerFailure(handler: route.name, pattern: pattern, envelope: envelope, error: error))
        }
    }
}
