import CZeroMQ
import EventCore
import EventTransport
import Testing
import TransportSupport

@testable import EventZMQ

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

    @Test func `whoever does not say that it has read the last words is told them a few times, not without end`()
        async throws
    {
        let bus = "00000000000000000000"
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc())) { $0.linger = .seconds(1) }
        let silent = RawSocket(ZMQ_XSUB)
        silent.pretend(toBe: bus)
        #expect(silent.connect(try #require(publisher.boundEndpoints.first)))
        let inbox = ControlTopic.inbox(bus: bus).bytes
        for topic in [
            inbox, Array("a".utf8), ControlTopic.interest(bus: bus, incarnation: 1, prefix: .text("a")).bytes,
            ControlTopic.presence(bus: bus).bytes,
        ] { silent.send([[1] + topic]) }
        #expect(try await publisher.hasSubscriber(of: "a"))
        try await publisher.publish(1, to: "a")
        await publisher.close()

        var lastWords = 0
        silent.set(ZMQ_RCVTIMEO, 200)
        while true {
            let frames = silent.receive()
            if frames.isEmpty { break }
            guard frames.first == inbox, LedgerMessage(frames: Array(frames.dropFirst()))?.isLast == true else {
                continue
            }
            lastWords += 1
        }
        #expect((1...40).contains(lastWords))
    }
}
