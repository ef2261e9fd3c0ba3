import Dispatch
import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

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
        toldFirst(
            "observer.isToldOfAdmissionFirst",
            "A publish that waited for room returns once the observer has been told of the delivery.",
            of: .admission
        ),
        toldFirst(
            "observer.isToldOfCancellationFirst",
            "A publish that is cancelled while it waits throws once the observer has been told of the drop.",
            of: .cancellation
        ),
        toldFirst(
            "observer.isToldOfEndFirst",
            "A publish that waits returns, when the subscription is closed, once the observer has been told of the drop.",
            of: .subscriptionClosed
        ),
        toldFirst(
            "observer.isToldOfCloseFirst",
            "A publish that waits throws, when the bus is closed, once the observer has been told of the drop.",
            of: .busClosed
        ),
        ConformanceCase(
            "observer.seesWholeEnvelopes",
            "P3",
            "Each callback is given the envelope that it is about, just as it was announced.",
            needs: [.observedBlocking, .reportsClosed]
        ) { probe in
            let subscriptions = [
                try await probe.subscribe(capacity: 1),
                try await probe.subscribe(capacity: 1, backpressure: .dropOldest),
            ]
            for label in ["a", "b"] { try await probe.publish(probe.fullEnvelope(label)) }
            let (first, second) = (try await probe.subscribeNarrow(), try await probe.subscribeNarrow())
            try await probe.publish(probe.fullEnvelope("c"))
            let cancelled = probe.attempt { try await probe.publish(probe.fullEnvelope("d")) }
            for narrow in [first, second] {
                try await probe.expect("d routed to \(probe.name(of: narrow.id))", in: narrow.routed) {
                    $0.contains("d")
                }
            }
            _ = try await cancelled.result(within: probe.stayQuiet)
            cancelled.task.cancel()
            _ = try await cancelled.result(within: probe.waitFor)
            let waiting = probe.attempt { try await probe.publish(probe.fullEnvelope("e")) }
            for narrow in [first, second] {
                try await probe.expect("e routed to \(probe.name(of: narrow.id))", in: narrow.routed) {
                    $0.contains("e")
                }
            }
            _ = try await waiting.result(within: probe.stayQuiet)
            await probe.close()
            _ = try await waiting.result(within: probe.waitFor)
            try probe.expect("reasons of drops", probe.reasons, is: ["buffer_full", "cancelled", "closed"])
            var announced: [String: Envelope] = [:]
            for event in probe.events {
                if case .published(let envelope) = event { announced[envelope.label] = envelope }
                try probe.expect(
                    "the envelope of \"\(event.summary)\"",
                    event.envelope,
                    is: announced[event.envelope.label]
                )
                try probe.expect("its payload", event.envelope.payload, is: announced[event.envelope.label]?.payload)
            }
            withExtendedLifetime(subscriptions) {}
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
            for subscription in [newest, oldest] { probe.close(subscription) }
            try probe.expect("what was buffered", try await probe.drain(newest), is: ["a", "b"])
            try probe.expect("what was buffered", try await probe.drain(oldest), is: ["c", "d", "e"])
            if let last = probe.busDroppedCount { try probe.expect("droppedCount after all", last - before, is: 5) }
        },
    ]

    /// A case that holds the observer up while something ends the wait of a publisher, who has to go on waiting.
    ///
    /// Meanwhile others can use the bus, for these callbacks come outside every lock as well.
    private static func toldFirst(_ id: String, _ sentence: String, of end: Ending) -> ConformanceCase {
        ConformanceCase(id, "O3", sentence, needs: [.observedBlocking, .reportsClosed]) { probe in
            let narrow = try await probe.subscribeNarrow()
            let other = try await probe.subscribe(to: "other")
            try await probe.publish("a")
            let publish = try await probe.park("b", at: narrow)
            let stop = Stop()
            defer { stop.letGo() }
            probe.observer.duringCallbacks { event in
                if event.subscription == narrow.id { stop.wait() }
            }
            let ending = probe.attempt(on: TurnExecutor()) { await probe.bring(end, to: publish, at: narrow) }
            try await probe.expect("a callback about b", in: stop.reached) { !$0.isEmpty }
            let outcome = try await publish.result(within: probe.stayQuiet)
            let isFree = other.isClosedByAnotherThread(within: probe.waitFor)
            stop.letGo()
            try probe.expect(outcome == nil, "publish to wait for the callback", seen: "it ended")
            try probe.expect(isFree, "another subscription to be closed meanwhile", seen: "it was not")
            try await probe.expectEnd(of: ending, "the \(end)")
            let result = try await publish.result(within: probe.waitFor)
            try probe.expect(result != nil, "publish to end after the callback", seen: "it did not")
        }
    }
}

/// What ends the wait of a publisher.
private enum Ending: String { case admission, cancellation, subscriptionClosed, busClosed }

extension ConformanceProbe {
    fileprivate func bring(_ end: Ending, to publish: Attempt<Void>, at narrow: NarrowSubscription) async {
        switch end {
        case .admission: _ = await receive(1, from: narrow.subscription)
        case .cancellation: publish.task.cancel()
        case .subscriptionClosed: close(narrow.subscription)
        case .busClosed: await close()
        }
    }

    /// An envelope with something in each part.
    fileprivate func fullEnvelope(_ label: String) throws -> Envelope {
        var envelope = try envelope(label)
        envelope.source = "source of \(label)"
        envelope.payload = Data("\"payload of \(label)\"".utf8)
        return envelope
    }

    /// Why envelopes were dropped, each reason once.
    fileprivate var reasons: [String] {
        var reasons: Set<String> = []
        for case .dropped(_, _, let reason) in events { reasons.insert(reason.rawValue) }
        return reasons.sorted()
    }
}

extension Subscription {
    /// Whether a thread of its own can close the subscription while this one waits.
    ///
    /// A thread, not a task: the threads that run tasks may all be waiting in a callback.
    func isClosedByAnotherThread(within limit: Duration) -> Bool {
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
