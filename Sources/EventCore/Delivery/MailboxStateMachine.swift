/// The decisions of a mailbox: a bounded buffer between publishers and the tasks that read it.
///
/// A plain value without lock, clock or continuation. Consumers wait only while the buffer is empty, and publishers are
/// parked only while it is full, so never both.
struct MailboxStateMachine<Element: Sendable, Consumer: Sendable, Publisher: Sendable>: Sendable {
    /// Names a consumer that waits.
    typealias ConsumerPlace = LinkedQueue<Consumer>.Place
    /// Names an element whose publisher waits.
    typealias ParkingPlace = LinkedQueue<Parked>.Place

    // In this order, what an offer reads and writes lies in as few cache lines as it can.
    private var capacity: Int
    private let policy: BackpressurePolicy
    private(set) var isFinished = false
    /// How many elements were buffered or handed to a consumer; what was evicted is among them.
    private var admitted = 0
    private var evicted = 0
    private var buffer = SegmentedBuffer<Element>()
    private var consumers = LinkedQueue<Consumer>()
    private var refused = 0
    private var parked = LinkedQueue<Parked>()
    private var discarded = 0

    /// What waits to be read.
    var buffered: SegmentedBuffer<Element> { buffer }
    /// Whether nothing is left to take, and nothing will be.
    var isExhausted: Bool { isFinished && buffer.isEmpty }

    /// An element whose publisher waits for room.
    struct Parked: Sendable {
        var element: Element
        var publisher: Publisher
    }

    init(capacity: Int, policy: BackpressurePolicy) {
        self.capacity = capacity
        self.policy = policy
    }

    /// Changes how many elements the buffer takes; what is in it stays.
    mutating func setCapacity(_ capacity: Int) {
        self.capacity = capacity
    }

    /// What has become of what was offered.
    var counts: SubscriptionCounts {
        var counts = SubscriptionCounts()
        counts.buffered = buffer.count
        counts.dropped = refused + evicted
        counts.handed = admitted - evicted - discarded - buffer.count
        return counts
    }

    // MARK: Publishers

    enum OfferAction {
        /// It is in the buffer.
        case keep
        /// It goes to a consumer that waited.
        case hand(to: Consumer)
        /// It is in the buffer, and this one is no longer.
        case evict(Element)
        /// The buffer is full, and it is dropped.
        case refuse
        /// The buffer is full, and its publisher should wait.
        case park
        /// Nothing is taken any more.
        case finished
    }

    mutating func offer(_ element: Element) -> OfferAction {
        if isFinished { return .finished }
        if !consumers.isEmpty, let waiting = consumers.popFirst() {
            admitted &+= 1
            return .hand(to: waiting)
        }
        if buffer.count < capacity {
            admitted &+= 1
            buffer.append(element)
            return .keep
        }
        switch policy {
        case .dropNewest:
            refused &+= 1
            return .refuse
        case .dropOldest:
            admitted &+= 1
            evicted &+= 1
            guard let oldest = buffer.rotate(in: element) else { return .keep }
            return .evict(oldest)
        case .block:
            return .park
        }
    }

    /// Apart from ``OfferAction``, which every offer returns and so has to be small.
    enum ParkAction {
        /// The buffer is still full, and its publisher waits.
        case park(ParkingPlace)
        case settle(OfferAction)
    }

    /// Offers again, and lets the publisher wait when the buffer is still full.
    mutating func park(_ element: Element, for publisher: Publisher) -> ParkAction {
        let action = offer(element)
        guard case .park = action else { return .settle(action) }
        return .park(parked.append(Parked(element: element, publisher: publisher)))
    }

    /// Offers again, and drops the element when the buffer is still full.
    mutating func offerOrRefuse(_ element: Element) -> OfferAction {
        let action = offer(element)
        guard case .park = action else { return action }
        refused &+= 1
        return .refuse
    }

    /// How much there is to do for whoever reads, among the members of a group.
    var load: MemberLoad {
        if isFinished { return .ended }
        if !consumers.isEmpty { return .idle }
        return buffer.count < capacity ? .open(buffer.count) : .full(buffer.count)
    }

    /// Takes an element if there is room for it, with fewer than `limit` others; `nil` when there is none, or nothing is
    /// taken any more.
    mutating func offerIfRoom(_ element: Element, limit: Int = .max) -> OfferAction? {
        switch load {
        case .idle: offer(element)
        case .open(let count) where count < limit: offer(element)
        case .open, .full, .ended: nil
        }
    }

    /// Takes an element that another mailbox had, whatever the capacity, up to a limit.
    mutating func adopt(_ element: Element, limit: Int) -> OfferAction? {
        guard case .full(let count) = load else { return offerIfRoom(element) }
        guard count < limit else { return nil }
        admitted &+= 1
        buffer.append(element)
        return .keep
    }

    /// Takes back what a publisher parked; `nil` when it was admitted or dropped already.
    mutating func withdraw(_ place: ParkingPlace) -> Element? {
        parked.remove(at: place)?.element
    }

    // MARK: Consumers

    enum TakeAction {
        case take(Element)
        /// An element, and the parked one that came into the buffer for it.
        case takeAndAdmit(Element, Parked)
        /// There is none.
        case wait
        /// There is none, and the consumer waits.
        case queued(ConsumerPlace)
        case finished
    }

    /// The next element, if there is one.
    mutating func take() -> TakeAction {
        guard let element = buffer.popFirst() else { return isFinished ? .finished : .wait }
        // Before the capacity counted there may have been more in the buffer than it.
        guard !parked.isEmpty, buffer.count < capacity, let first = parked.popFirst() else { return .take(element) }
        admitted &+= 1
        buffer.append(first.element)
        return .takeAndAdmit(element, first)
    }

    /// Takes the next element, or queues the consumer that waits for it.
    mutating func take(orQueue consumer: Consumer) -> TakeAction {
        let action = take()
        guard case .wait = action else { return action }
        return .queued(consumers.append(consumer))
    }

    /// Removes a consumer that gives up; `nil` when it was served already.
    mutating func giveUp(_ place: ConsumerPlace) -> Consumer? {
        consumers.remove(at: place)
    }

    // MARK: The end

    /// Who is to be told that it is over.
    struct FinishAction {
        var consumers: LinkedQueue<Consumer>
        var parked: LinkedQueue<Parked>
    }

    /// Takes nothing more; what is buffered can still be taken.
    ///
    /// `nil` when it was finished before.
    mutating func finish() -> FinishAction? {
        guard !isFinished else { return nil }
        isFinished = true
        defer { (consumers, parked) = (LinkedQueue(), LinkedQueue()) }
        return FinishAction(consumers: consumers, parked: parked)
    }

    /// Throws the buffer away; returns it, for its elements must not be released under a lock.
    mutating func discard() -> SegmentedBuffer<Element> {
        discarded += buffer.count
        defer { buffer = SegmentedBuffer() }
        return buffer
    }
}
