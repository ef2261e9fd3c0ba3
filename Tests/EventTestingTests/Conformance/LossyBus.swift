import EventCore
import EventTesting

/// A bus that loses some of what is published, and counts it or not.
final class LossyBus: Bus {
    /// Which envelopes are lost, by their number.
    typealias Loss = @Sendable (Int) -> Bool

    /// What the bus says of what it loses.
    enum Report: Sendable { case exact, unknown, silent, tooMuch }

    private let base: StubLinkedBus
    private let report: Report
    private let isLost: Loss
    private let count = Lock(0)

    init(observer: any Observer, _ report: Report, losing isLost: @escaping Loss) {
        base = StubLinkedBus(observer: observer)
        self.report = report
        self.isLost = isLost
    }

    var link: (any BusLink)? { base.link }

    func publish(_ envelope: Envelope) async throws {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard isLost(number) else { return try await base.publish(envelope) }
        // A publish that nobody gets is one all the same: refused when closed, and announced.
        let unheard = try Envelope(subject: Subject(segments: ["lost"])).with(headers: envelope.headers)
        try await base.publish(unheard)
        switch report {
        case .exact: base.stub.statistics.lost += 1
        case .unknown: base.stub.statistics.unknownLosses += 1
        case .silent: break
        case .tooMuch: base.stub.statistics.lost += 2
        }
    }

    func subscribe(to pattern: Pattern, options: SubscriptionOptions) async throws -> Subscription {
        try await base.subscribe(to: pattern, options: options)
    }

    func close() async {
        await base.close()
    }
}

extension Envelope {
    fileprivate func with(headers: [String: String]) -> Envelope {
        var envelope = self
        envelope.headers = headers
        return envelope
    }
}
