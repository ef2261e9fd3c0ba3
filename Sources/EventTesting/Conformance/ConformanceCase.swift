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

    /// What the bus promises that the case is run against.
    private(set) var profile = BusProfile.inProcess
    private let fixtures: Int
    private let body: @Sendable (ConformanceProbe) async throws -> Void

    /// Creates a case.
    ///
    /// - Parameters:
    ///   - id: A stable name with a dot.
    ///   - section: The section of the rule.
    ///   - sentence: The rule.
    ///   - needs: What a bus must promise.
    ///   - fixtures: How many fixtures the check works on; the first is the one that it uses unless it says otherwise.
    ///   - body: The check.
    init(
        _ id: String,
        _ section: String,
        _ sentence: String,
        needs: BusProfile = [],
        fixtures: Int = 1,
        _ body: @escaping @Sendable (ConformanceProbe) async throws -> Void
    ) {
        self.id = id
        self.section = section
        self.sentence = sentence
        self.needs = needs
        self.fixtures = fixtures
        self.body = body
    }

    /// The id.
    public var description: String {
        id
    }

    /// The case as it is run against a bus with a profile.
    func listed(for profile: BusProfile) -> ConformanceCase {
        var listed = self
        listed.profile = profile
        return listed
    }

    /// Checks that a bus keeps the rule.
    ///
    /// The buses of the fixture are closed when the check is over, whatever its outcome. The check uses subjects that
    /// no other run uses, so several runs may share one link.
    ///
    /// - Parameter make: Makes the buses, anew each time: a few cases ask twice. Its argument is the observer to give to
    ///   the publishing bus, and to the subscribing one if that takes an observer.
    /// - Throws: ``ConformanceFailure`` when the bus does not keep the rule, `CancellationError` when the task is
    ///   cancelled, or whatever `make` throws.
    public func run(_ make: (any Observer) async throws -> BusFixture) async throws {
        let observer = ConformanceObserver()
        let probe = ConformanceProbe(rule: self, fixtures: try await made(by: make, observer), observer: observer)
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

    /// Makes the fixtures in a task with a trace of its own, which is none of what is published later.
    private func made(
        by make: (any Observer) async throws -> BusFixture,
        _ observer: any Observer
    ) async throws -> [BusFixture] {
        var made: [BusFixture] = []
        do {
            for _ in 0..<fixtures {
                made.append(try await TraceParent.withCurrent(.ofMaker) { try await make(observer) })
            }
        } catch {
            for fixture in made { await fixture.close() }
            throw error
        }
        return made
    }
}

extension BusFixture {
    func close() async {
        await publisher.close()
        await subscriber.close()
    }
}

extension TraceParent {
    /// The trace of the task that makes the buses of a run.
    static let ofMaker = TraceParent(
        traceID: "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0",
        spanID: "f0f0f0f0f0f0f0f0"
    )
}
