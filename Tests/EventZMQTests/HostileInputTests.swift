import CZeroMQ
import EventCore
import EventZMQ
import Foundation
import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct HostileInputTests {
    /// A subscribed bus and a publisher without manners.
    private func make() async throws -> (subscriber: ZMQBus, subscription: Subscription, plain: RawSocket) {
        let address = Address.ipc()
        let plain = RawSocket(ZMQ_XPUB)
        #expect(plain.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(100) }
        let subscription = try await subscriber.subscribe(to: ">")
        #expect(!plain.receive(until: [1]).isEmpty)
        return (subscriber, subscription, plain)
    }

    @Test func `malformed messages are counted, and the next sound one arrives`() async throws {
        let (subscriber, subscription, plain) = try await make()
        let malformed: [[[UInt8]]] = [
            [[]], [[], []], [[], [], []], ["a".utf8.array], [[0xFF]], [[0xFF, 0x62], [1]],
            [[0xC3, 0x28], [0x7B, 0x7D], []],
            ["a..b".utf8.array, "{}".utf8.array, []], ["a.*".utf8.array, "{}".utf8.array, []],
            ["a".utf8.array, [], []], ["a".utf8.array, [0], []], ["a".utf8.array, "{}x".utf8.array, []],
            ["a".utf8.array, #"{"v":9}"#.utf8.array, []], ["a".utf8.array, [0x7B, 0xFF, 0x7D], []],
            ["a".utf8.array, "{}".utf8.array], ["a".utf8.array, #"{"subject":"b"}"#.utf8.array],
            ["a".utf8.array, Array(repeating: 0x5B, count: 1 << 20), []],
            [Array(repeating: 0x61, count: 1 << 20), "{}".utf8.array, []],
        ]
        for message in malformed { plain.send(message) }
        plain.send("a", #"{"id":"sound"}"#, "payload", "a fourth frame", "a fifth")
        let sound = await subscription.next(within: .seconds(20))
        #expect(sound?.id == "sound")
        #expect(sound?.payload == Data("payload".utf8))
        #expect(subscriber.statistics.malformed == malformed.count)
        #expect(subscriber.statistics.received == 1)
        await subscriber.close()
    }

    @Test func `random messages do no harm`() async throws {
        let (subscriber, subscription, plain) = try await make()
        var random = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let frames = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            plain.send(frames)
        }
        plain.send("the.end", #"{"id":"sound"}"#, "")
        while let envelope = await subscription.next(within: .seconds(20)) {
            if envelope.id == "sound" { break }
        }
        try await eventually { subscriber.statistics.malformed + subscriber.statistics.received == 10_001 }
        await subscriber.close()
    }

    @Test func `a subscriber may send what it likes`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        let rude = RawSocket(ZMQ_XSUB)
        #expect(rude.connect(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        let topics: [[UInt8]] = [
            [], [0], [1], [2, 3], [0] + "a".utf8, [0] + "a".utf8, [1, 0xFF], [1, 0xFF, 0x69], [0, 0xFF, 0x70],
            [1] + Array(repeating: 0x61, count: 1000), [1, 0xFF, 0x62] + Array(repeating: 0x30, count: 40),
        ]
        for topic in topics { rude.send([topic]) }
        rude.send([[1], [1, 0x61], [0, 0x61]])
        rude.send([[1] + "last".utf8])
        #expect(try await publisher.hasSubscriber(of: "last"))
        for _ in 0..<10 {
            try await publisher.publish(Envelope(subject: "a"))
            #expect(await subscription.next(within: .seconds(20)) != nil)
        }
        await subscriber.close()
        await publisher.close()
    }

    @Test(arguments: [Address.ipc(), Address.tcp, "ipc://@event-\(Envelope(subject: "a").id)"])
    func `a peer that subscribes to too much is cut off, and no other`(_ endpoint: String) async throws {
        let publisher = try ZMQBus.publisher(at: .bind(endpoint)) { $0.maximumPeerSubscriptions = 100 }
        let address = try #require(publisher.boundEndpoints.first)
        var events = publisher.events.makeAsyncIterator()
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        let rude = RawSocket(ZMQ_XSUB)
        #expect(rude.connect(address))
        for number in 0..<1000 { rude.send([[1] + "b.\(number)".utf8]) }
        while let event = await events.next() {
            guard case .refused(_, let reason) = event, reason.contains("more than 100 subscriptions") else { continue }
            #expect(reason.hasSuffix("cut off"))
            break
        }
        for _ in 0..<10 {
            try await publisher.publish(Envelope(subject: "a"))
            #expect(await subscription.next(within: .seconds(20)) != nil)
        }
        #expect(subscriber.statistics.reconnections == 0)
        await subscriber.close()
        await publisher.close()
    }

    /// What a subscription looks like that is none of the usual ones, for libzmq to keep all the same.
    enum Disguise: CaseIterable {
        case behindAnotherFrame, unknownControlTopic

        func frames(_ number: Int) -> [[UInt8]] {
            switch self {
            case .behindAnotherFrame: [[0x78], [1] + "b.\(number)".utf8]
            case .unknownControlTopic: [[1, 0xFF, 0x7A] + "\(number)".utf8]
            }
        }
    }

    @Test(arguments: Disguise.allCases)
    func `whatever a subscription is disguised as, it counts`(_ disguise: Disguise) async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc())) { $0.maximumPeerSubscriptions = 100 }
        var events = publisher.events.makeAsyncIterator()
        let rude = RawSocket(ZMQ_XSUB)
        #expect(rude.connect(try #require(publisher.boundEndpoints.first)))
        for number in 0..<200 { rude.send(disguise.frames(number)) }
        while let event = await events.next() {
            if case .refused(_, let reason) = event, reason.contains("more than 100 subscriptions") { break }
        }
        await publisher.close()
    }

    @Test func `a subscription that is longer than any subject ends the connection`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        var events = publisher.events.makeAsyncIterator()
        let rude = RawSocket(ZMQ_XSUB)
        #expect(rude.connect(address))
        rude.send([[1] + Array(repeating: 0x61, count: 2000)])
        while let event = await events.next() { if case .disconnected = event { break } }
        await publisher.close()
    }
}

extension String.UTF8View {
    fileprivate var array: [UInt8] { Array(self) }
}
