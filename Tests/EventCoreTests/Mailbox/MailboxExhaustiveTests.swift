import Testing

@testable import EventCore

/// Drives the mailbox through every sequence of operations up to a length and keeps the books beside it.
@Suite struct MailboxExhaustiveTests {
    private enum Operation: CaseIterable {
        case offer, take, queue, giveUp, withdraw, finish
    }

    @Test(
        "every sequence of operations accounts for each element once, in order",
        arguments: BackpressurePolicy.allCases,
        [1, 2]
    )
    func accounts(_ policy: BackpressurePolicy, _ capacity: Int) async {
        var failures: [String] = []
        await explore(Ledger(capacity: capacity, policy: policy), depth: 7, path: [], &failures)
        #expect(failures.prefix(3) == [])
    }

    private func explore(_ ledger: Ledger, depth: Int, path: [Operation], _ failures: inout [String]) async {
        if depth == 4 { await Task.yield() }  // Tests beside this one wait for events with deadlines.
        for operation in Operation.allCases {
            var next = ledger
            next.perform(operation)
            if let fault = next.fault { failures.append("\(path + [operation]): \(fault)") }
            if depth > 1, failures.isEmpty {
                await explore(next, depth: depth - 1, path: path + [operation], &failures)
            }
        }
    }

    /// A mailbox with what must be true of it written down in the plainest way.
    private struct Ledger {
        var machine: MailboxStateMachine<Int, Int, Int>
        let capacity: Int
        let policy: BackpressurePolicy

        var nextElement = 0
        var nextConsumer = 0
        var buffered: [Int] = []
        var parked: [Int] = []
        var waiting: [Int] = []
        var finished = false
        var fault: String?

        init(capacity: Int, policy: BackpressurePolicy) {
            machine = MailboxStateMachine(capacity: capacity, policy: policy)
            (self.capacity, self.policy) = (capacity, policy)
        }

        mutating func perform(_ operation: Operation) {
            switch operation {
            case .offer: offer()
            case .take: take(machine.take(), queued: nil)
            case .queue:
                nextConsumer += 1
                take(machine.take(orQueue: nextConsumer, token: UInt64(nextConsumer)), queued: nextConsumer)
            case .giveUp: giveUp()
            case .withdraw: withdraw()
            case .finish: finish()
            }
            check(waiting.isEmpty || buffered.isEmpty, "consumers wait beside a buffer that is not empty")
            check(parked.isEmpty || buffered.count == capacity, "publishers wait beside a buffer with room")
            check(buffered.count <= capacity, "the buffer holds more than its capacity")
        }

        private mutating func offer() {
            nextElement += 1
            let element = nextElement
            var action = machine.offer(element)
            if case .park = action { action = machine.park(element, for: element) }
            switch action {
            case .finished:
                check(finished, "finished early")
            case .hand(let consumer):
                check(!finished && waiting.first == consumer, "handed out of turn")
                waiting.removeFirst()
            case .keep:
                check(!finished && waiting.isEmpty && buffered.count < capacity, "kept without room")
                buffered.append(element)
            case .evict(let oldest):
                check(policy == .dropOldest && buffered.count == capacity && oldest == buffered.first, "wrong eviction")
                buffered.removeFirst()
                buffered.append(element)
            case .refuse:
                check(policy == .dropNewest && buffered.count == capacity, "refused with room")
            case .park:
                check(policy == .block && buffered.count == capacity, "parked with room")
                parked.append(element)
            }
        }

        private mutating func take(_ action: MailboxStateMachine<Int, Int, Int>.TakeAction, queued: Int?) {
            switch action {
            case .take(let element):
                check(buffered.first == element && parked.isEmpty, "took out of order, or admitted nobody")
                buffered.removeFirst()
            case .takeAndAdmit(let element, let admitted):
                check(buffered.first == element && parked.first == admitted.publisher, "admitted out of order")
                buffered.removeFirst()
                buffered.append(admitted.element)
                parked.removeFirst()
            case .wait:
                check(buffered.isEmpty && !finished, "waits beside an element, or for ever")
                if let queued { waiting.append(queued) }
            case .finished:
                check(buffered.isEmpty && finished, "finished with elements left")
            }
        }

        private mutating func giveUp() {
            guard let last = waiting.last else {
                check(machine.giveUp(UInt64(nextConsumer + 1)) == nil, "gave up what never waited")
                return
            }
            check(machine.giveUp(UInt64(last)) == last, "could not give up")
            waiting.removeLast()
        }

        private mutating func withdraw() {
            guard let last = parked.last else {
                check(machine.withdraw(nextElement) == nil, "withdrew what was not parked")
                return
            }
            check(machine.withdraw(last) == last, "could not withdraw")
            parked.removeLast()
        }

        private mutating func finish() {
            let action = machine.finish()
            check((action == nil) == finished, "finished twice")
            if let action {
                check(action.consumers == waiting && action.parked.map(\.element) == parked, "forgot someone")
            }
            finished = true
            (waiting, parked) = ([], [])
        }

        private mutating func check(_ condition: Bool, _ what: String) {
            if !condition, fault == nil { fault = what }
        }
    }
}
