import ArgumentParser

/// When a command that prints what comes is done by itself.
struct ReadingLimits: ParsableArguments {
    @Option(parsing: .unconditional, help: ArgumentHelp("Exit after so many envelopes.", valueName: "n"))
    var count: Int?

    @Option(
        help: ArgumentHelp(
            """
            Exit after so long, such as 500ms, 1.5s or 2m; a bare number means seconds. The time it takes to subscribe \
            counts.
            """,
            valueName: "time"
        )
    )
    var within: TimeLimit?

    func validate() throws {
        guard count ?? 1 > 0 else { throw ValidationError("--count must be at least 1.") }
    }
}
