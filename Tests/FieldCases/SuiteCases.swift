import EventCore
import EventMemory
import EventTesting
import EventTransport
import Foundation
import Testing

extension FieldCase {
    /// What the conformance suite has to notice, for buses that others write.
    static let suite = [
        FieldCase("a bus that fills an unset time with the epoch is caught") {
            let failure = await findings(of: "publish.fillsUnsetFields", with: AlteringBus.self) { envelope in
                guard envelope.time == .distantPast else { return envelope }
                var filled = envelope
                filled.time = Date(timeIntervalSince1970: 0)
                return filled
            }
            #expect(failure?.seen.hasPrefix("1970-01-01") == true)
        },
        FieldCase("a bus that counts the ids it fills in from one, as every other does, is caught") {
            let failure = await findings(of: "publish.fillsNoIDTwice", with: NumberingBus.self) { $0 }
            #expect(failure?.seen == "5")
        },
        FieldCase("a bus that fills in its own trace, and not the publisher's, is caught") {
            let failure = await findings(of: "publish.fillsTrace", with: AlteringBus.self) { envelope in
                var filled = envelope.filledForPublishing()
                (filled.traceID, filled.spanID) = (envelope.traceID, envelope.spanID)
                filled.traceID = filled.traceID ?? String(repeating: "1", count: 32)
                return filled
            }
            #expect(failure?.section == "P2")
        },
        FieldCase("a bus of somebody else fills an envelope as ours do, with public means") {
            for rule in BusConformance.cases(for: .inProcess) where rule.section == "P2" {
                try await rule.run { observer in
                    let bus = AlteringBus(observer: observer) { $0.filledForPublishing() }
                    return BusFixture(publisher: bus, subscriber: bus)
                }
            }
        },
        FieldCase("a failure can be read without the sources of the suite") {
            let failure = await findings(of: "publish.fillsUnsetFields", with: AlteringBus.self) { envelope in
                guard envelope.time == .distantPast else { return envelope }
                var filled = envelope
                filled.time = Date(timeIntervalSince1970: 0)
                return filled
            }
            let text = failure?.description ?? ""
            for part in [
                "An unset id is filled, no two filled ids are equal", "expected: the time of the publish",
                "seen: 1970-01-01",
                "1. subscribe to topic", "publish of unfilled on topic", "onDeliver unfilled to s1",
                "s1 yields unfilled",
            ] {
                #expect(text.contains(part), "\(part)")
            }
        },
    ]

    private static func findings<Tested: TestedBus>(
        of id: String,
        with type: Tested.Type,
        altering alter: @escaping @Sendable (Envelope) -> Envelope
    ) async -> ConformanceFailure? {
        let rule = BusConformance.cases(for: .inProcess).first { $0.id == id }
        do {
            try await rule?.run { observer in
                let bus = Tested(observer: observer, altering: alter)
                return BusFixture(publisher: bus, subscriber: bus)
            }
            return nil
        } catch {
            return error as? ConformanceFailure
        }
    }
}

private protocol TestedBus: Bus {
    init(observer: any Observer, altering alter: @escaping @Sendable (Envelope) -> Envelope)
}

/// A bus that does something to an envelope before anyone sees it.
private struct AlteringBus: TestedBus {
    private let base: MemoryBus
    private let alter: @Sendable (Envelope) -> Envelope

    init(observer: any Observer, altering alter: @escaping @Sendable (Envelope) -> Envelope) {
        base = MemoryBus(observer: observer)
        self.alter = alter
    }

    func publish(_ envelope: Envelope) async throws { try await base.publish(alter(envelope)) }
    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }
    func close() async { await base.close() }
}

/// A bus that fills in numbers as ids.
private final class NumberingBus: TestedBus {
    private let base: MemoryBus
    private let last = Lock(0)

    init(observer: any Observer, altering alter: @escaping @Sendable (Envelope) -> Envelope) {
        base = MemoryBus(observer: observer)
    }

    func publish(_ envelope: Envelope) async throws {
        var envelope = envelope
        let number = last.withLock { last in
            last += 1
            return last
        }
        if envelope.id.isEmpty { envelope.id = String(number) }
        try await base.publish(envelope)
    }
    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }
    func close() async { await base.close() }
}
