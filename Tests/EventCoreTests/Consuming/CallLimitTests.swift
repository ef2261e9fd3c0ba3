import EventTesting
import Testing

@testable import EventCore

@Suite struct CallLimitTests {
    @Test func `so many are let in, and the others in order as those leave`() {
        let limit = CallLimit(2)
        let executor = StepExecutor()
        let entries = (0..<5).map { _ in executor.start { await limit.enter() } }
        #expect(entries.map(\.isDone) == [true, true, false, false, false])
        limit.leave()
        executor.run()
        #expect(entries.map(\.isDone) == [true, true, true, false, false])
        for _ in 0..<2 { limit.leave() }
        executor.run()
        #expect(entries.map(\.isDone) == [true, true, true, true, true])
        for _ in 0..<2 { limit.leave() }
        #expect(executor.start { await limit.enter() }.isDone)
    }
}
