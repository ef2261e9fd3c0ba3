public import EventCore

/// One rule of the contract of `Bus`, and the check that a bus keeps it.
///
/// Cases come from ``BusConformance/cases(for:)`` and need no test framework: a case that passes returns, one that fails
/// throws ``ConformanceFailure``.
public struct ConformanceCase: Sendable, Identifiable, CustomStringConvertible {
    /// A stable name with a dot, such as `publish.fillsUnsetFields`.
    public let id: String

    /// The section of the rule, such as `P2`.
    public let section: String

    /// The rule.
    public let sentence: String

    /// What a bus must promise for the rule to apply to it.
    public let needs: BusProfile

    private let body: @Sendable (ConformanceProbe) async throws -> Void

    init(
        _ id: String,
        _ section: String,
        _ sentence: String,
        needs: BusProfile = [],
        _ body: @escaping @Sendable (ConformanceProbe) async throws -> Void
    ) {
        self.id = id
        self.section = section
        self.sentence = sentence
        self.needs = needs
        self.body = body
    }

    /// The id.
    public var description: String {
        id
    }

    /// Checks that a bus keeps the rule.
    ///
    /// The buses of the fixture are closed when the check is over, whatever its outcome. The check uses subjects that
    /// no other run uses, so several runs may share one link.
    ///
    /// - Parameter make: Makes the buses. Its argument is the observer to give to the publishing bus, and to the
    ///   subscribing one if that takes an observer.
    /// - Throws: ``ConformanceFailure`` when the bus does not keep the rule, `CancellationError` when the task is
    ///   cancelled, or whatever `make` throws.
    public func run(_ make: (any Observer) async throws -> BusFixture) async throws {
        let observer = ConformanceObserver()
        let probe = ConformanceProbe(rule: self, fixture: try await make(observer), observer: observer)
        let check = probe.attempt { [body] in try await body(probe) }
        let outcome: Result<Void, any Error>?
        do {
            outcome = try await check.result(within: probe.waitFor * 4)
        } catch {
            outcome = .failure(error)
        }
        let unfinished = probe.lastStep
        try await probe.tearDown(after: outcome, unfinished: unfinished)
    }
}
