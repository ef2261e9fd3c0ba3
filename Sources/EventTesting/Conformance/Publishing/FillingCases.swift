import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a bus fills in: P2.
enum FillingCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "publish.fillsUnsetFields",
            "P2",
            "An unset id is filled, no two filled ids are equal, and an unset time becomes that of the publish.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe()
            var ids: Set<String> = []
            for _ in 1...10 {
                let earliest = Date.now.addingTimeInterval(-1)
                let envelope = try await probe.receive(probe.unfilledEnvelope(), from: subscription)
                try probe.expect(
                    (earliest...Date.now.addingTimeInterval(1)).contains(envelope.time),
                    "the time of the publish, about \(earliest)",
                    seen: "\(envelope.time)"
                )
                try probe.expect(!envelope.id.isEmpty, "an id", seen: "it is empty")
                ids.insert(envelope.id)
            }
            try probe.expect("different ids of 10 envelopes", ids.count, is: 10)
        },
        ConformanceCase(
            "publish.fillsOnlyWhatIsUnset",
            "P2",
            "An id that is set is kept where the time is not set, and the other way round.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe()
            let set = try probe.envelope("set")
            var (withoutID, withoutTime) = (set, set)
            withoutID.id = ""
            withoutTime.time = .distantPast
            let filledTime = try await probe.receive(withoutTime, from: subscription)
            try probe.expect("the id that was set", filledTime.id, is: set.id)
            try probe.expect(filledTime.time != .distantPast, "a time", seen: "it is not set")
            let filledID = try await probe.receive(withoutID, from: try await probe.subscribe())
            try probe.expect("the time that was set", filledID.time, is: set.time)
            try probe.expect(!filledID.id.isEmpty, "an id", seen: "it is empty")
        },
        ConformanceCase(
            "publish.fillsBeforeAnyoneSees",
            "P2",
            "Unset fields are filled before an observer, a predicate or a subscription sees the envelope.",
            needs: .observed
        ) { probe in
            let asked = Journal<Envelope>()
            let subscription = try await probe.subscribe { envelope in
                asked.append(envelope)
                return true
            }
            let received = try await TraceParent.withCurrent(.ofPublisher) {
                try await probe.receive(probe.unfilledEnvelope(), from: subscription)
            }
            try probe.expect(!received.id.isEmpty, "an id", seen: "it is empty")
            try probe.expect("what the predicate sees", asked.entries, is: [received])
            try probe.expect("what the observer sees", probe.events.map(\.envelope), is: [received, received])
        },
        ConformanceCase(
            "publish.fillsForEverybody",
            "P2",
            "What is filled is what onPublish announces: the same for every subscription, across a link as well.",
            needs: [.delivers, .observesPublishing]
        ) { probe in
            let subscriptions = [try await probe.subscribe(), try await probe.subscribe(to: "*")]
            var received = try await TraceParent.withCurrent(.ofPublisher) {
                [try await probe.receive(probe.unfilledEnvelope(), from: subscriptions[0])]
            }
            for envelope in await probe.receiveEnvelopes(1, from: subscriptions[1]) { received.append(envelope) }
            for announced in probe.events.compactMap(\.announced) {
                try probe.expect("the ids", received.map(\.id), is: [announced.id, announced.id])
                try probe.expect("the times", received.map(\.time), is: [announced.time, announced.time])
                try probe.expect("the traces", received.map(\.traceID), is: [announced.traceID, announced.traceID])
                try probe.expect("the spans", received.map(\.spanID), is: [announced.spanID, announced.spanID])
            }
            try probe.expect("what onPublish announces", probe.announced, is: ["unfilled"])
        },
        ConformanceCase(
            "publish.fillsNoIDTwice",
            "P2",
            "No two buses of a process fill in the same id.",
            needs: .observesPublishing,
            fixtures: 2
        ) { probe in
            for _ in 1...5 {
                for bus in probe.publishers { try await probe.publish(probe.unfilledEnvelope(), by: bus) }
            }
            let ids = probe.events.compactMap(\.announced).map(\.id)
            try probe.expect("different ids of 10 envelopes from two buses", Set(ids).count, is: 10)
        },
        ConformanceCase(
            "publish.fillsTrace",
            "P2",
            "An unset trace becomes that of the publishing task, or of a span opened for the publish.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            for publisher in [TraceParent.ofPublisher, .ofOther] {
                let envelope = try await TraceParent.withCurrent(publisher) {
                    try await probe.receive(probe.untracedEnvelope(), from: subscription)
                }
                try probe.expect(
                    envelope.isPart(of: publisher) || envelope.hasNewTrace,
                    "the trace \(publisher.traceID), \(publisher.spanID)",
                    seen: "\(envelope.traceID ?? "none"), \(envelope.spanID ?? "none")"
                )
            }
        },
        ConformanceCase(
            "publish.fillsNoPartOfAnotherTrace",
            "P2",
            "Beside a trace id or span id that is set alone is put nothing of another trace; a span opened for the publish is new.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe()
            let (own, other) = (TraceParent.ofOther, TraceParent.ofPublisher)
            for isTrace in [true, false] {
                var envelope = try probe.untracedEnvelope()
                if isTrace { envelope.traceID = own.traceID } else { envelope.spanID = own.spanID }
                let received = try await TraceParent.withCurrent(other) { [envelope] in
                    try await probe.receive(envelope, from: subscription)
                }
                if received.hasNewTrace { continue }
                let (set, seen) = isTrace ? (own.traceID, received.traceID) : (own.spanID, received.spanID)
                try probe.expect("the id that was set", seen, is: set)
                let (foreign, beside) = isTrace ? (other.spanID, received.spanID) : (other.traceID, received.traceID)
                try probe.expect(beside != foreign, "nothing of the publisher's trace", seen: foreign)
            }
        },
        ConformanceCase(
            "publish.fillsNoForeignTrace",
            "P2",
            "A trace is never that of another task: of the one that made the bus, receives, or published before.",
            needs: .delivers
        ) { probe in
            let subscription = try await TraceParent.withCurrent(.ofOther) { try await probe.subscribe() }
            _ = try await TraceParent.withCurrent(.ofPublisher) {
                try await probe.receive(probe.untracedEnvelope(), from: subscription)
            }
            let envelope = try await probe.receive(probe.untracedEnvelope(), from: subscription)
            try probe.expect(
                (envelope.traceID == nil && envelope.spanID == nil) || envelope.hasNewTrace,
                "no trace of another task",
                seen: "\(envelope.traceID ?? "none"), \(envelope.spanID ?? "none")"
            )
        },
    ]
}

extension TraceParent {
    fileprivate static let ofPublisher = TraceParent(
        traceID: "0af7651916cd43dd8448eb211c80319c",
        spanID: "b7ad6b7169203331"
    )
    fileprivate static let ofOther = TraceParent(
        traceID: "1bf7651916cd43dd8448eb211c80319d",
        spanID: "c7ad6b7169203332"
    )
}

extension Envelope {
    fileprivate func isPart(of trace: TraceParent) -> Bool { traceID == trace.traceID && spanID == trace.spanID }

    /// Whether it has a trace that no task of the run carries, as one has that a tracing bus opens.
    fileprivate var hasNewTrace: Bool {
        guard let traceID, let spanID else { return false }
        return [TraceParent.ofPublisher, .ofOther, .ofMaker].allSatisfy { $0.traceID != traceID && $0.spanID != spanID }
    }
}

extension RecordingObserver.Event {
    fileprivate var announced: Envelope? {
        if case .published(let envelope) = self { envelope } else { nil }
    }
}

extension ConformanceProbe {
    fileprivate func unfilledEnvelope() throws -> Envelope {
        var envelope = try untracedEnvelope()
        envelope.id = ""
        envelope.time = .distantPast
        return envelope
    }

    /// An envelope whose trace is not set, whatever task makes it.
    fileprivate func untracedEnvelope() throws -> Envelope {
        var envelope = try envelope("unfilled")
        (envelope.traceID, envelope.spanID) = (nil, nil)
        return envelope
    }
}
