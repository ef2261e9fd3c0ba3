import Dispatch
import EventTesting
import Testing

@testable import EventMemory

@Suite struct CallGateTests {
    @Test func `lets nobody in once it is closed`() {
        let gate = CallGate()
        #expect(gate.enter())
        gate.close()
        gate.close()
        #expect(!gate.enter())
        gate.leave()
        #expect(!gate.enter())
    }

    @Test func `an empty gate is drained at once`() async {
        let gate = CallGate()
        gate.close()
        await gate.drain(until: .distantFuture)
    }

    @Test func `draining waits for a call that has stepped out, which comes back and leaves`() {
        let gate = CallGate()
        let executor = StepExecutor()
        #expect(gate.enter() && gate.enter())
        gate.stepOut()
        gate.close()
        let drain = executor.start { await gate.drain(until: .distantFuture) }
        gate.leave()
        executor.run()
        #expect(!drain.isDone)
        #expect(gate.stepIn())
        executor.run()
        #expect(!drain.isDone)
        gate.leave()
        executor.run()
        #expect(drain.isDone)
        #expect(!gate.enter())
        let again = executor.start { await gate.drain(until: .distantFuture) }
        #expect(again.isDone)
    }

    @Test func `draining without patience waits for calls inside alone, and lets nobody back in`() {
        let gate = CallGate()
        let executor = StepExecutor()
        #expect(gate.enter() && gate.enter())
        gate.stepOut()
        gate.close()
        let drain = executor.start { await gate.drain(until: .now()) }
        #expect(!drain.isDone)
        gate.leave()
        executor.run()
        #expect(drain.isDone)
        #expect(!gate.stepIn())
        #expect(!gate.enter())
        let again = executor.start { await gate.drain(until: .distantFuture) }
        #expect(again.isDone)
    }

    @Test(.timeLimit(.minutes(1))) func `patience ends in time`() async {
        let gate = CallGate()
        #expect(gate.enter())
        gate.stepOut()
        gate.close()
        await gate.drain(until: .now() + .milliseconds(1))
        #expect(!gate.stepIn())
    }

    @Test func `a gate that nobody drains yet lets a call back in`() {
        let gate = CallGate()
        #expect(gate.enter())
        gate.stepOut()
        gate.close()
        #expect(gate.stepIn())
    }

    @Test(.timeLimit(.minutes(1))) func `draining waits for the last call, whatever calls are refused meanwhile`() async
    {
        for _ in 0..<1000 {
            let gate = CallGate()
            let isInside = gate.enter()
            gate.close()
            async let drained: Void = gate.drain(until: .distantFuture)
            async let refused = gate.enter()
            if isInside { gate.leave() }
            await drained
            #expect(await refused == false)
        }
    }
}
