public import Workloads

/// Times several ways to do the same work in turns, so that whatever disturbs the machine disturbs them alike.
public struct Race: Sendable {
    /// How many times each has its turn.
    public var rounds: Int
    /// How long a turn takes, about.
    public var turn: Duration

    /// Creates a race; the parameters are the properties of the same names.
    public init(rounds: Int, turn: Duration) {
        self.rounds = rounds
        self.turn = turn
    }

    /// Runs the race.
    ///
    /// - Parameter sessions: Who takes part; each is run to warm up first, to find how many passes fill a turn.
    /// - Returns: The time per pass of each, in the same order.
    /// - Throws: What a session throws.
    public func run(_ sessions: [Session]) async throws -> [Timing] {
        var passes: [Int] = []
        for session in sessions { passes.append(try await passesPerTurn(of: session)) }
        var times = sessions.map { _ in [Double]() }
        for round in 0..<rounds {
            for turn in sessions.indices {
                // Whoever begins changes, for the first turn of a round may profit from or suffer under the last.
                let index = (turn + round) % sessions.count
                let elapsed = try await time(sessions[index], passes[index])
                times[index].append(elapsed / Double(passes[index]))
            }
        }
        return times.map(Timing.init)
    }

    private func passesPerTurn(of session: Session) async throws -> Int {
        let wanted = turn.nanoseconds
        var passes = 16
        while true {
            let elapsed = try await time(session, passes)
            // A first run may be held up by chance, so a number of passes counts only when it takes long by itself.
            if elapsed > wanted / 2, try await time(session, passes) > wanted / 2 { return passes }
            passes = min(passes * 4, max(passes + passes / 4, Int(Double(passes) * wanted / elapsed)))
        }
    }

    private func time(_ session: Session, _ passes: Int) async throws -> Double {
        let start = ContinuousClock.now
        try await session.run(passes)
        return (ContinuousClock.now - start).nanoseconds
    }
}

extension Duration {
    /// The duration as a number.
    public var nanoseconds: Double {
        Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
    }
}
