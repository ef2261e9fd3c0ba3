import EventCore
import Testing

@testable import EventNATS

@Suite struct ExchangeTests {
    @Test func `what is received and what is lost add up to what was sent`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.>")
        world.run()
        for number in 0..<10 {
            world.publish(0, on: "a.b")
            world.work(0)
            if number % 3 == 0 { world.lose(1) } else { world.read(1) }
        }
        world.publish(0, on: "b.c")
        world.run()
        #expect(world.nodes[1].received == 6)
        #expect(world.nodes[1].lost == 4)
        #expect(world.nodes[1].unknown == 0)
    }

    @Test func `one subscriber after the other is told`() throws {
        var world = try ExchangeWorld(count: 3)
        let subject: Subject = "a.b"
        let effects = world.nodes[0].machine.awaitSubscribers(
            subject,
            count: 2,
            timeout: .seconds(60),
            id: 99,
            now: world.now
        )
        #expect(effects.resumed.isEmpty)
        world.subscribe(1, to: "a.>")
        world.run()
        #expect(!world.nodes[0].resumed.contains { $0.id == 99 })
        world.subscribe(2, to: "a.*")
        world.subscribe(2, to: "a.b")
        world.run()
        #expect(world.nodes[0].resumed.contains { $0 == .init(id: 99, outcome: .done) })
    }

    @Test func `what was published while a subscriber was away is lost, and told when it is back`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.>")
        world.run()
        world.disconnect(1)
        for _ in 0..<5 { world.publish(0, on: "a.b") }
        world.run()
        #expect(world.nodes[1].lost == 0)
        world.connect(1)
        world.run()
        #expect(world.nodes[1].lost == 5)
    }

    @Test func `what servers that had lost each other kept back is told, and buses know each other again`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.>")
        world.run()
        world.partition = [1]
        for _ in 0..<5 { world.publish(0, on: "a.b") }
        world.run(.seconds(7))
        #expect(world.nodes[0].machine.peers.present.isEmpty)
        world.partition = []
        for _ in 0..<5 { world.publish(0, on: "a.b") }
        world.run(.seconds(3))
        #expect(world.nodes[1].received == 5)
        #expect(world.nodes[1].lost == 5)
        #expect(world.nodes[1].unknown == 0)
        #expect(world.nodes[0].machine.peers.present == [world.nodes[1].machine.bus])
    }

    @Test func `publisher that is back first waits for those who were there`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.>")
        world.run()
        world.disconnect(0)
        world.disconnect(1)
        for _ in 0..<5 { world.publish(0, on: "a.b") }
        world.connect(0)
        world.run(.seconds(1))
        world.connect(1)
        world.run()
        #expect(world.nodes[1].received == 5)
        #expect(world.nodes[1].lost == 0)
    }

    @Test func `bus that does not come back is not waited for longer than two seconds`() throws {
        var world = try ExchangeWorld(count: 3)
        world.subscribe(1, to: "a.>")
        world.subscribe(2, to: "a.>")
        world.run()
        for place in 0..<3 { world.disconnect(place) }
        world.publish(0, on: "a.b")
        world.connect(0)
        world.connect(1)
        world.run(.seconds(3))
        #expect(world.nodes[1].received == 1)
    }

    @Test func `cluster is asked once for each server`() throws {
        var world = try ExchangeWorld(count: 5)
        for (place, server) in zip(1..., ["B", "B", "C", "A"]) {
            world.disconnect(place)
            world.connect(place, to: server)
        }
        world.run()
        world.nodes[0].resumed = []
        let id = world.subscribe(0, to: "x.>")
        world.work(0)
        world.work(0)
        let questions = world.nodes.flatMap(\.inbound).count {
            if case .note(.question) = $0 { true } else { false }
        }
        #expect(questions == 2)
        #expect(!world.nodes[0].resumed.contains { $0.id == id })
        world.run()
        let confirmation = SubscriptionConfirmation(confirmed: ["nats://A", "nats://B", "nats://C"])
        #expect(world.nodes[0].resumed.contains { $0 == .init(id: id, outcome: .confirmed(confirmation)) })
    }

    @Test func `subscription of a bus that is just connected waits until it knows the others`() throws {
        var world = try ExchangeWorld(count: 2)
        world.disconnect(1)
        world.connect(1, to: "B")
        world.run()
        // The other one stays where it is, and hears of this one again only after it has subscribed.
        world.disconnect(0)
        world.connect(0)
        let id = world.subscribe(0, to: "x.>")
        world.work(0)
        #expect(!world.nodes[0].resumed.contains { $0.id == id })
        world.run()
        let confirmation = SubscriptionConfirmation(confirmed: ["nats://A", "nats://B"])
        #expect(world.nodes[0].resumed.contains { $0 == .init(id: id, outcome: .confirmed(confirmation)) })
    }

    @Test func `server whose only bus is gone is not waited for`() throws {
        var world = try ExchangeWorld(count: 2)
        world.disconnect(1)
        world.connect(1, to: "B")
        world.run()
        world.disconnect(1)
        let id = world.subscribe(0, to: "x.>")
        world.run(.milliseconds(50))
        let confirmation = SubscriptionConfirmation(confirmed: ["nats://A"])
        #expect(world.nodes[0].resumed.contains { $0 == .init(id: id, outcome: .confirmed(confirmation)) })
    }

    @Test(arguments: 1...20) func `books are right whatever is lost`(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<25 {
            var world = try ExchangeWorld(count: 3)
            let patterns: [Pattern] = ["a.>", "a.b", "*.b", "c", ">"]
            let subjects: [Subject] = ["a.b", "a.c", "c", "d.b"]
            var wanted: [[Pattern]] = [[], [], []]
            for _ in 0..<120 {
                let place = Int.random(in: 0..<3, using: &random)
                switch Int.random(in: 0..<20, using: &random) {
                case 0...5:
                    if let subject = subjects.randomElement(using: &random) { world.publish(place, on: subject) }
                case 6...9: world.work(place)
                case 10...14: world.read(place)
                case 15: world.lose(place)
                case 16:
                    if let pattern = patterns.randomElement(using: &random) {
                        world.subscribe(place, to: pattern)
                        wanted[place].append(pattern)
                    }
                case 17: if let pattern = wanted[place].popLast() { world.release(place, pattern) }
                case 18: if world.nodes[place].isConnected { world.disconnect(place) } else { world.connect(place) }
                default: world.now += .milliseconds(Int.random(in: 0...600, using: &random))
                }
            }
            for place in 0..<3 where !world.nodes[place].isConnected { world.connect(place) }
            world.run(.seconds(6))
            for place in 0..<3 where world.nodes[place].unknown == 0 {
                let (lost, missing) = (world.nodes[place].lost, world.missing(at: place))
                #expect(lost == missing, "at \(place): \(world.story.joined(separator: "\n"))")
            }
        }
    }
}

/// Random numbers that come again for the same seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
