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
        await gate.drain()
    }

    @Test func `a call that has left comes back until the gate is drained, and holds it up`() {
        let gate = CallGate()
        let executor = StepExecutor()
        #expect(gate.enter() && gate.enter())
        gate.leave()
        gate.close()
        let drain = executor.start { await gate.drain() }
        #expect(!drain.isDone)
        #expect(gate.reenter())
        gate.leave()
        executor.run()
        #expect(!drain.isDone)
        gate.leave()
        executor.run()
        #expect(drain.isDone)
        #expect(!gate.reenter())
        #expect(!gate.enter())
        let again = executor.start { await gate.drain() }
        #expect(again.isDone)
    }

    @Test func `a gate that nobody drains yet lets a call back in though it was empty meanwhile`() {
        let gate = CallGate()
        #expect(gate.enter())
        gate.close()
        gate.leave()
        #expect(gate.reenter())
    }

    @Test(.timeLimit(.minutes(1))) func `draining waits for the last call, whatever calls are refused meanwhile`() async
    {
        for _ in 0..<1000 {
            let gate = CallGate()
            let isInside = gate.enter()
            gate.close()
            async let drained: Void = gate.drain()
            async let refused = gate.enter()
            if isInside { gate.leave() }
            await drained
            #expect(await refused == false)
        }
    }
}
