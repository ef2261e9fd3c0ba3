import EventCore
import EventZMQ
import Testing

/// How long closing takes.
@Suite(.timeLimit(.minutes(3))) struct CloseTimeTests {
    @Test func `close is quick whatever state the links are in`() async throws {
        let clock = ContinuousClock()
        let address = Address.ipc()
        let buses = [
            try ZMQBus.publisher(at: .bind(address)), try ZMQBus.publisher(at: .connect(Address.ipc())),
            try ZMQBus.subscriber(at: .connect(address)), try ZMQBus.subscriber(at: .connect(Address.ipc())),
            try ZMQBus(configuration: ZMQBusConfiguration(publish: [], subscribe: [])),
        ]
        for bus in buses {
            // At a priority of its own, so as not to measure how long the other tests keep the threads of theirs.
            let time = await Task.detached(priority: .high) {
                await clock.measure {
                    await withTaskGroup { group in for _ in 0..<4 { group.addTask { await bus.close() } } }
                }
            }.value
            // Linger and a second, and some for a busy machine.
            #expect(time < .seconds(2))
            await #expect(throws: EventError.busClosed) { try await bus.publish(Envelope(subject: "a")) }
            await #expect(throws: EventError.busClosed) { try await bus.subscribe(to: "a") }
        }
    }
}
