import Testing

@testable import EventCore

/// Drives the mailbox through every sequence of operations up to a length and keeps the books beside it.
@Suite struct MailboxExhaustiveTests {
    private enum Operation: CaseIterable {
        case offer, take, queue, giveUp, withdraw, finish
        /// Offers what is dropped and not parked when there is no room.
        case deliver
        /// The capacity that was asked for counts from now on.
        case begin
        /// Ends at once.
        case cancel
    }

    @Test(
        "every sequence of operations accounts for each element once, in order",
        arguments: BackpressurePolicy.allCases,
        [1, 2]
    )
    func accounts(_ policy: BackpressurePolicy, _ capacity: Int) async {
        var failures: [String] = []
        let operations: [Operation] = [.offer, .take, .queue, .giveUp, .withdraw, .finish]
        await explore(Ledger(capacity: capacity, policy: policy), operations, depth: 7, path: [], &failures)
        #expect(failures.prefix(3) == [])
    }

    @Test(
        "so does every one of a mailbox whose capacity begins to count in between, and that may be cancelled",
        arguments: BackpressurePolicy.allCases
    )
    func opens(_ policy: BackpressurePolicy) async {
        var failures: [String] = []
        let operations = Operation.allCases.filter { operation in
            switch operation {
            case .giveUp: false
            case .deliver, .withdraw: policy == .block
            default: true
            }
        }
        await explore(Ledger(opening: 2, capacity: 1, policy: policy), operations, depth: 5, path: [], &failures)
        #expect(failures.prefix(3) == [])
    }

    private func explore(
        _ ledger: Ledger,
        _ operations: [Operation],
        depth: Int,
        path: [Operation],
        _ failures: inout [String]
    ) async {
        if depth == 4 { await Task.yield() }  // Tests beside this one wait for events with deadlines.
        for operation in operations {
            var next = ledger
            next.perform(operation)
            if let fault = next.fault { failures.append("\(path + [operation]): \(fault)") }
            if depth > 1, failures.isEmpty {
                await explore(next, operations, depth: depth - 1, path: path + [operation], &failures)
            }
        }
    }

    /// A mailbox with what must be true of it written down in the plainest way.
    private struct Ledger {
        typealias Machine = MailboxStateMachine<Int, Int, Int>

        var machine: Machine
        var capacity: Int
        let capacityAtLast: Int
        let policy: BackpressurePolicy

        var nextElement = 0
        var nextConsumer = 0
        var buffered: [Int] = []
        var parked: [(element: Int, place: Machine.ParkingPlace)] = []
        var waiting: [(consumer: Int, place: Machine.ConsumerPlace)] = []
        /// Of those who wait no more, the last one.
        var pastParking: Machine.ParkingPlace?
        var pastConsumer: Machine.ConsumerPlace?
        var finished = false
        var counts = SubscriptionCounts()
        /// What was offered and has become nothing that is counted: withdrawn, too late, or thrown away.
        var gone = 0
        var fault: String?

        init(opening: Int? = nil, capacity: Int, policy: BackpressurePolicy) {
            self.capacity = opening ?? capacity
            (capacityAtLast, self.policy) = (capacity, policy)
            machine = MailboxStateMachine(capacity: self.capacity, policy: policy)
        }

        mutating func perform(_ operation: Operation) {
            switch operation {
            case .offer: offer()
            case .take: take(machine.take(), queued: nil)
            case .queue:
                nextConsumer += 1
                take(machine.take(orQueue: nextConsumer), queued: nextConsumer)
            case .giveUp: giveUp()
            case .withdraw: withdraw()
            case .finish: finish()
            case .deliver: offer(mayPark: false)
            case .begin:
                machine.setCapacity(capacityAtLast)
                capacity = capacityAtLast
            case .cancel: cancel()
            }
            check(waiting.isEmpty || buffered.isEmpty, "consumers wait beside a buffer that is not empty")
            check(parked.isEmpty || buffered.count >= capacity, "publishers wait beside a buffer with room")
            counts.buffered = buffered.count
            check(machine.counts == counts, "counts something else: \(machine.counts)")
            let offered = counts.handed + counts.buffered + counts.dropped + parked.count + gone
            check(offered == nextElement, "forgot what was offered")
        }

        private mutating func offer(mayPark: Bool = true) {
            nextElement += 1
            let element = nextElement
            var action = machine.offer(element)
            if case .park = action {
                guard mayPark else { return settle(element, machine.offerOrRefuse(element), mayPark: false) }
                switch machine.park(element, for: element) {
                case .settle(let other): action = other
                case .park(let place):
                    check(policy == .block && buffered.count >= capacity, "parked with room")
                    parked.append((element, place))
                    return
                }
            }
            settle(element, action, mayPark: mayPark)
        }

        private mutating func settle(_ element: Int, _ action: Machine.OfferAction, mayPark: Bool) {
            switch action {
            case .finished:
                check(finished, "finished early")
                gone += 1
            case .hand(let consumer):
                check(!finished && waiting.first?.consumer == consumer, "handed out of turn")
                pastConsumer = waiting.removeFirst().place
                counts.handed += 1
            case .keep:
                check(!finished && waiting.isEmpty && buffered.count < capacity, "kept without room")
                buffered.append(element)
            case .evict(let oldest):
                check(policy == .dropOldest && buffered.count >= capacity && oldest == buffered.first, "wrong eviction")
                buffered.removeFirst()
                buffered.append(element)
                counts.dropped += 1
            case .refuse:
                let mayRefuse = policy == .dropNewest || !mayPark
                check(mayRefuse && buffered.count >= capacity, "refused with room")
                counts.dropped += 1
            case .park:
                check(false, "neither parked nor refused")
            }
        }

        private mutating func take(_ action: Machine.TakeAction, queued: Int?) {
            switch action {
            case .take(let element):
                check(buffered.first == element, "took out of order")
                buffered.removeFirst()
                counts.handed += 1
            case .takeAndAdmit(let element, let admitted):
                check(buffered.first == element && parked.first?.element == admitted.publisher, "admitted out of order")
                check(buffered.count <= capacity, "admitted without room")
                buffered.removeFirst()
                counts.handed += 1
                buffered.append(admitted.element)
                pastParking = parked.removeFirst().place
            case .wait:
                check(buffered.isEmpty && !finished && queued == nil, "waits beside an element, or for ever")
            case .queued(let place):
                check(buffered.isEmpty && !finished, "waits beside an element, or for ever")
                if let queued { waiting.append((queued, place)) } else { check(false, "queued nobody") }
            case .finished:
                check(buffered.isEmpty && finished, "finished with elements left")
            }
        }

        /// The last one gives up, after one who cannot any more.
        private mutating func giveUp() {
            if let past = pastConsumer { check(machine.giveUp(past) == nil, "gave up twice") }
            guard let last = waiting.popLast() else { return }
            check(machine.giveUp(last.place) == last.consumer, "could not give up")
            pastConsumer = last.place
        }

        private mutating func withdraw() {
            if let past = pastParking { check(machine.withdraw(past) == nil, "withdrew what was not parked") }
            guard let last = parked.popLast() else { return }
            check(machine.withdraw(last.place) == last.element, "could not withdraw")
            pastParking = last.place
            gone += 1
        }

        private mutating func finish() {
            let action = machine.finish()
            check((action == nil) == finished, "finished twice")
            if var action {
                for waiter in waiting { check(action.consumers.popFirst() == waiter.consumer, "forgot a consumer") }
                for publish in parked {
                    check(action.parked.popFirst()?.element == publish.element, "forgot a publisher")
                }
                check(action.consumers.isEmpty && action.parked.isEmpty, "told somebody else")
            }
            finished = true
            gone += parked.count
            (pastConsumer, pastParking) = (waiting.last?.place ?? pastConsumer, parked.last?.place ?? pastParking)
            (waiting, parked) = ([], [])
        }

        private mutating func cancel() {
            finish()
            var discarded = machine.discard()
            for element in buffered { check(discarded.popFirst() == element, "threw away something else") }
            check(discarded.isEmpty, "threw away more")
            gone += buffered.count
            buffered = []
        }

        private mutating func check(_ condition: Bool, _ what: String) {
            if !condition, fault == nil { fault = what }
        }
    }
}
