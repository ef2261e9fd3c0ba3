/// The decisions of an ``EventRouter``: where it has to subscribe, what is to be read, and when it is done.
///
/// A plain value that knows handlers and buses by their numbers.
struct RouterStateMachine: Sendable {
    /// One pattern of a handler on one of the buses it listens to.
    struct Place: Hashable, Sendable {
        var route: Int
        var bus: Int
        var pattern: Int
    }

    private struct Route: Sendable {
        var patterns: Int
        /// How many buses are its own; `nil` means that it listens to those of the router.
        var ownBuses: Int?
    }

    private var routes: [Route] = []
    private var buses = 0
    /// Where there is a subscription, or was one since the run began.
    private var known: Set<Place> = []
    private var unread: [Place] = []
    private var read: Set<Place> = []
    private var hasNews = false
    private(set) var isRunning = false
    private(set) var isStopping = false

    // MARK: Handlers and buses

    mutating func addBus() {
        buses += 1
        hasNews = true
    }

    mutating func addRoute(patterns: Int, ownBuses: Int?) {
        routes.append(Route(patterns: patterns, ownBuses: ownBuses))
        hasNews = true
    }

    /// Where subscriptions are missing; nowhere while the router stops.
    var missing: [Place] {
        guard !isStopping else { return [] }
        return routes.indices.flatMap { route in
            (0..<(routes[route].ownBuses ?? buses)).flatMap { bus in
                (0..<routes[route].patterns).map { Place(route: route, bus: bus, pattern: $0) }
            }
        }
        .filter { !known.contains($0) }
    }

    /// There are subscriptions now, to be read.
    mutating func opened(_ places: [Place]) {
        known.formUnion(places)
        unread += places
    }

    /// There is nothing to subscribe to any more.
    mutating func gave(up place: Place) {
        known.insert(place)
    }

    // MARK: A run

    /// Whether it begins: there is one run at a time.
    mutating func begin() -> Bool {
        guard !isRunning else { return false }
        isRunning = true
        hasNews = false
        return true
    }

    enum Step: Equatable {
        /// Handlers or buses were added, and have to be subscribed.
        case open
        /// These have to be read.
        case read([Place])
        case wait
        /// Every subscription has ended.
        case finish
    }

    /// What there is to do next.
    mutating func next() -> Step {
        if hasNews, !isStopping {
            hasNews = false
            return .open
        }
        if !unread.isEmpty {
            defer { unread = [] }
            read.formUnion(unread)
            return .read(unread)
        }
        return read.isEmpty ? .finish : .wait
    }

    /// A subscription has ended and everything that it held is handed out.
    mutating func ended(_ place: Place) {
        read.remove(place)
    }

    /// No further subscriptions are made in this run.
    mutating func stop() {
        isStopping = isRunning
    }

    /// The run is over, and no subscription is left; the next one makes new ones.
    mutating func end() {
        (known, unread, read) = ([], [], [])
        (isRunning, isStopping) = (false, false)
    }
}
