import Testing

@testable import eventbus

@Suite struct RouteReportTests {
    @Test func `a table lines up its columns`() {
        let report = RouteReport(rows: [
            .init(pattern: ">", matched: 12_345, delivered: 12_000, dropped: 345),
            .init(pattern: "graph.run.*.start", matched: 2, delivered: 2, dropped: 0),
        ])
        #expect(
            report.description == """
                pattern            matched  delivered  dropped
                >                    12345      12000      345
                graph.run.*.start        2          2        0
                """
        )
    }

    @Test func `numbers wider than their headline widen the column`() {
        let report = RouteReport(rows: [.init(pattern: "a", matched: 1_234_567_890, delivered: 0, dropped: 0)])
        #expect(
            report.description == """
                pattern     matched  delivered  dropped
                a        1234567890          0        0
                """
        )
    }
}
