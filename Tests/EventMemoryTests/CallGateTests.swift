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
