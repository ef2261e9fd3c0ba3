import Dispatch
import EventCore

/// How an observer is called: O1 to O4.
enum ObserverCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "observer.isCalledOutsideLocks",
            "O1",
            "The observer is called outside every lock: while it runs, another thread can use the bus.",
            needs: .observed
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1)
            let others = Journal<Subscription>()
            for _ in 1...4 { others.append(try await probe.subscribe(to: "other")) }
            let closed = Journal<Bool>()
            probe.observer.duringCallbacks { _ in
                let unused = others.entries.dropFirst(closed.entries.count)
                guard let other = unused.first else { return }
                closed.append(other.isClosedByAnotherThread(within: probe.waitFor))
            }
            try await probe.publish("a", "b")
            try probe.expect("whether others could be closed", closed.entries, is: [true, true, true, true])
            try probe.expect("what arrives", await probe.receive(1, from: subscription), is: ["a"])
        },
        ConformanceCase(
            "observer.missesNothingConcurrently",
            "O2",
            "Callbacks may come concurrently; for several publishers at once none is lost or repeated.",
            needs: .observed
        ) { probe in
            let wide = try await probe.subscribe(capacity: 256)
            let narrow = try await probe.subscribe(capacity: 10)
            try await probe.publishConcurrently(tasks: 4, envelopesEach: 50)
            let counts = Dictionary(grouping: probe.callbacks(about: narrow.id)) { $0.prefix(while: { $0 != " " }) }
            try probe.expect("announced envelopes", Set(probe.announced).count, is: 200)
            try probe.expect("announcements", probe.announced.count, is: 200)
            try probe.expect("deliveries with room", Set(probe.callbacks(about: wide.id)).count, is: 200)
            try probe.expect("callbacks with room", probe.callbacks(about: wide.id).count, is: 200)
            try probe.expect("deliveries to a full one", counts["delivered"]?.count, is: 10)
            try probe.expect("drops from a full one", counts["dropped"]?.count, is: 190)
        },
        ConformanceCase(
            "observer.finishesBeforePublishReturns",
            "O3",
            "The observer is called by the publisher, and has returned when publish returns; so it must be prompt.",
            needs: .observed
        ) { probe in
            let subscriptions = [try await probe.subscribe(capacity: 1), try await probe.subscribe(to: ">")]
            let finished = Journal<Void>()
            probe.observer.duringCallbacks { _ in finished.append(()) }
            for round in 1...20 {
                try await probe.publish("\(round)")
                try probe.expect("finished callbacks", finished.entries.count, is: round * 3)
            }
            let received = await probe.receive(1, from: subscriptions[0])
            try probe.expect("what arrives", received, is: ["1"])
        },
        ConformanceCase(
            "observer.countsDrops",
            "O4",
            "There is one onDrop(.bufferFull) for each envelope lost to a full buffer, and droppedCount is their number.",
            needs: .observed
        ) { probe in
            let newest = try await probe.subscribe(capacity: 2)
            let oldest = try await probe.subscribe(capacity: 3, backpressure: .dropOldest)
            let before = probe.busDroppedCount ?? 0
            try await probe.publish("a", "b", "c", "d", "e")
            let full = probe.observer.recorder.droppedCount(reason: .bufferFull)
            try probe.expect("drops reported", full, is: 5)
            if let after = probe.busDroppedCount { try probe.expect("droppedCount", after - before, is: 5) }
            for subscription in [newest, oldest] { subscription.close() }
            try probe.expect("what was buffered", try await probe.drain(newest), is: ["a", "b"])
            try probe.expect("what was buffered", try await probe.drain(oldest), is: ["c", "d", "e"])
        },
    ]
}

extension Subscription {
    /// Whether a thread of its own can close the subscription while this one waits.
    ///
    /// A thread, not a task: the threads that run tasks may all be waiting in a callback.
    fileprivate func isClosedByAnotherThread(within limit: Duration) -> Bool {
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "conformance.observer").async {
            close()
            done.signal()
        }
        return done.wait(timeout: .now() + limit.timeInterval) == .success
    }
}

extension Duration {
    fileprivate var timeInterval: Double { self / .seconds(1) }
}
