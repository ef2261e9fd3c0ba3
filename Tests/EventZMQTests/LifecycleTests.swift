import EventCore
import EventZMQ
import Foundation
import ProcessSupport
import Testing

/// Run one after the other, for some measure time.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LifecycleTests {
    @Test func `close races with everything`() async throws {
        for _ in 0..<20 {
            let joined = try Joined()
            await withTaskGroup { group in
                for number in 0..<4 {
                    group.addTask {
                        do {
                            while true {
                                try await joined.publisher.publish(number, to: "a.b")
                                let subscription = try await joined.subscriber.subscribe(to: "a.*")
                                _ = await subscription.next(within: .zero)
                            }
                        } catch {
                            #expect(error as? EventError == .busClosed)
                        }
                    }
                }
                group.addTask { await joined.publisher.close() }
                group.addTask { await joined.subscriber.close() }
            }
        }
    }

    @Test func `what was published before close still arrives`() async throws {
        let joined = try Joined()
        let subscription = try await joined.subscriber.subscribe(to: "a", options: .init(bufferCapacity: 10_000))
        for number in 1...5000 { try await joined.publisher.publish(number, to: "a") }
        await joined.publisher.close()
        for number in 1...5000 {
            #expect(try await subscription.next(within: .seconds(20))?.decode(Int.self) == number)
        }
        await joined.subscriber.close()
    }

    @Test func `a bus that nobody refers to closes, and its subscriptions end`() async throws {
        let address = Address.ipc()
        var bus: ZMQBus? = try ZMQBus.publisher(at: .bind(address))
        let subscription = try #require(try await bus?.subscribe(to: "a"))
        bus = nil
        for await _ in subscription {}
        try await eventually { !FileManager.default.fileExists(atPath: String(address.dropFirst(6))) }
    }

    @Test func `any duration will do`() async throws {
        let address = Address.ipc()
        let publisher = try ZMQBus.publisher(at: .bind(address)) {
            ($0.linger, $0.heartbeatInterval) = (.seconds(Int64.max), .seconds(Int64.max))
        }
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) {
            ($0.confirmationTimeout, $0.heartbeatInterval) = (.seconds(Int64.max), .seconds(Int64.min))
        }
        let subscription = try await subscriber.subscribe(to: "a")
        let longest = Duration.seconds(Int64.max)
        #expect(try await publisher.waitForSubscribers(of: "a", atLeast: 1, timeout: longest))
        #expect(try await !publisher.waitForSubscribers(of: "a", atLeast: .max, timeout: .seconds(Int64.min)))
        try await publisher.publish(Envelope(subject: "a"))
        #expect(await subscription.next(within: .seconds(20)) != nil)
        await subscriber.close()
        await publisher.close()
    }

    @Test func `connection events end with the bus`() async throws {
        let bus = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let events = bus.events
        let reader = Task { for await _ in events {} }
        await bus.close()
        await reader.value
        for await _ in bus.events {}
    }
}
