import EventTesting
import Testing

@testable import EventCore

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    private struct Fault: Error {}

    @Test func `what ends in time is the outcome, be it an error`() async throws {
        #expect(try await Deadline.run(within: .seconds(60)) { 7 } == 7)
        await #expect(throws: Fault.self) { try await Deadline.run(within: .seconds(60)) { throw Fault() } }
    }

    /// Begins an operation, which is cancelled when its time is up and ends only when it is told to.
    private func beginLateOperation(until released: Completion) async -> Task<Int?, any Error> {
        let isCancelled = Completion()
        let running = Task {
            try await Deadline.run(within: .milliseconds(1)) { () -> Int in
                while !Task.isCancelled { await Task.yield() }
                isCancelled.complete()
                await released.wait(atMost: .seconds(20))
                throw Fault()
            }
        }
        #expect(await isCancelled.wait(atMost: .seconds(20)))
        return running
    }

    @Test func `what is cancelled since its time is up has no outcome`() async throws {
        let released = Completion()
        let running = await beginLateOperation(until: released)
        released.complete()
        #expect(try await running.value == nil)
    }

    @Test func `a task that is cancelled after its time is up throws`() async throws {
        let released = Completion()
        let running = await beginLateOperation(until: released)
        running.cancel()
        released.complete()
        await #expect(throws: CancellationError.self) { try await running.value }
    }

    @Test func `nothing is left of the limit when the operation has ended`() async throws {
        let clock = AlarmClock()
        _ = try await Deadline.run(within: .seconds(3600), on: clock) { 7 }
        #expect(clock.count == 0)
    }
}
