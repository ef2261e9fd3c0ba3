import EventTesting
import Testing

@testable import EventCore

@Suite(.timeLimit(.minutes(1))) struct CompletionTests {
    private let clock = AlarmClock()
    private let executor = StepExecutor()
    private let completion = Completion()

    private func wait(atMost limit: Duration = .seconds(3600)) -> StepExecutor.Step<Bool> {
        executor.start { [clock, completion] in await completion.wait(atMost: limit, on: clock) }
    }

    private func isDone(_ step: StepExecutor.Step<Bool>) -> Bool? { try? step.result?.get() }

    @Test func `all who wait go on when it has happened, and nobody waits afterwards`() {
        let waits = (0..<3).map { _ in wait() }
        #expect(waits.map(isDone) == [nil, nil, nil])
        completion.complete()
        completion.complete()
        executor.run()
        #expect(waits.map(isDone) == [true, true, true])
        #expect(isDone(wait()) == true)
        #expect(clock.count == 0)
    }

    @Test("who has no time does not wait", arguments: [Duration.zero, .seconds(-1)])
    func noTime(_ limit: Duration) {
        #expect(isDone(wait(atMost: limit)) == false)
        completion.complete()
        #expect(isDone(wait(atMost: limit)) == true)
    }

    @Test func `who runs out of time gives up, and the others wait on`() async {
        let (late, other, short) = (wait(), wait(), wait(atMost: .milliseconds(1)))
        await executor.run { short.isDone }
        #expect([short, late, other].map(isDone) == [false, nil, nil])
        completion.complete()
        executor.run()
        #expect([late, other].map(isDone) == [true, true])
        #expect(clock.count == 0)
    }
}
