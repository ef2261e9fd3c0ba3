import EventCore
import Testing

@testable import EventNATS

@Suite struct ExchangeGroupTests {
    @Test func `envelope stays here while no other bus has members, and is shared when one has`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(0, to: "a.*", group: "w")
        world.run()
        let interest = Interest("a.*", group: "w")
        #expect(!world.nodes[0].machine.isShared(interest))
        world.subscribe(1, to: "a.*", group: "w")
        world.run()
        #expect(world.nodes[0].machine.isShared(interest))
        #expect(!world.nodes[0].machine.isShared(Interest("a.*", group: "v")))
        world.disconnect(1)
        world.disconnect(0)
        #expect(!world.nodes[0].machine.isShared(interest))
        world.connect(0)
        world.run()
        #expect(!world.nodes[0].machine.isShared(interest))
        world.connect(1)
        world.run()
        #expect(world.nodes[0].machine.isShared(interest))
        world.release(1, "a.*", group: "w")
        world.run()
        #expect(!world.nodes[0].machine.isShared(interest))
    }

    @Test func `buses with members are waited for, each once`() throws {
        var world = try ExchangeWorld(count: 3)
        let wait = world.nodes[0].machine.awaitSubscribers(
            "a.b",
            count: 2,
            timeout: .seconds(60),
            id: 99,
            now: world.now
        )
        #expect(wait.resumed.isEmpty)
        world.subscribe(1, to: "a.*", group: "w")
        world.subscribe(1, to: "a.b", group: "v")
        world.subscribe(1, to: "a.b")
        world.run()
        #expect(!world.nodes[0].resumed.contains { $0.id == 99 })
        world.subscribe(2, to: "a.*", group: "w")
        world.run()
        #expect(world.nodes[0].resumed.contains { $0 == .init(id: 99, outcome: .done) })
        #expect(world.nodes[0].events.contains(.subscriberJoined(world.nodes[2].machine.bus)))
    }

    @Test func `groups are in nobody's books`() throws {
        var world = try ExchangeWorld(count: 3)
        world.subscribe(1, to: "a.*", group: "w")
        world.subscribe(2, to: "a.*", group: "w")
        world.run()
        for _ in 0..<10 { world.publish(0, on: "a.b") }
        world.run()
        #expect(world.shares.count == 10)
        #expect(world.nodes.allSatisfy { $0.lost == 0 && $0.unknown == 0 })
    }

    @Test func `what was published to nobody goes to no member that comes before it has left`() throws {
        var world = try ExchangeWorld(count: 2)
        let interest = Interest("a.*", group: "w")
        world.publish(0, on: "a.b")
        world.subscribe(0, to: "a.*", group: "w")
        world.publish(0, on: "a.b")
        world.run()
        world.release(0, "a.*", group: "w")
        // The server still takes this bus for a member of the group.
        world.publish(0, on: "a.b")
        world.subscribe(0, to: "a.*", group: "w")
        world.publish(0, on: "a.b")
        world.run()
        let bus = world.nodes[0].machine.bus
        #expect(
            world.shares == [
                ExchangeWorld.Share(interest: interest, origin: bus, number: 2): 1,
                ExchangeWorld.Share(interest: interest, origin: bus, number: 4): 1,
            ]
        )
    }

    @Test(arguments: [false, true])
    func `what was published to members elsewhere goes to one that comes here before it has left`(
        _ isCutOff: Bool
    ) throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.*", group: "w")
        world.run()
        if isCutOff { world.disconnect(0) }
        for _ in 0..<10 { world.publish(0, on: "a.b") }
        world.subscribe(0, to: "a.*", group: "w")
        if isCutOff { world.connect(0) }
        world.run()
        #expect(world.shares.count == 10)
        #expect(world.shares.values.allSatisfy { $0 == 1 })
    }

    @Test(arguments: 1...20)
    func `what is published while nobody is in a group goes to nobody, whoever comes and goes`(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<10 {
            var world = try ExchangeWorld(count: 2)
            var toNobody: Set<UInt64> = []
            let interest = Interest("a.*", group: "w")
            for _ in 0..<60 {
                switch Int.random(in: 0..<8, using: &random) {
                case 0...2:
                    if world.nodes[0].members[interest] == nil { toNobody.insert(world.nodes[0].machine.number + 1) }
                    world.publish(0, on: "a.b")
                case 3: world.subscribe(0, to: "a.*", group: "w")
                case 4: world.release(0, "a.*", group: "w")
                case 5: world.work(Int.random(in: 0..<2, using: &random))
                case 6: world.read(Int.random(in: 0..<2, using: &random))
                default: world.now += .milliseconds(Int.random(in: 0...600, using: &random))
                }
            }
            world.run()
            let taken = world.shares.filter { !world.strays.contains($0.key) }
            #expect(taken.keys.allSatisfy { !toNobody.contains($0.number) }, "\(world.story)")
            #expect(taken.count == Int(world.nodes[0].machine.number) - toNobody.count, "\(world.story)")
            #expect(taken.values.allSatisfy { $0 == 1 }, "\(world.story)")
        }
    }

    @Test(arguments: 1...20) func `each envelope goes to one member, whoever comes and goes`(_ seed: UInt64) throws {
        var random = Seeded(state: seed)
        for _ in 0..<25 {
            var world = try ExchangeWorld(count: 3)
            // This one stays, so that there is always a member.
            world.subscribe(0, to: "a.*", group: "w")
            world.run()
            var published: [ExchangeWorld.Share] = []
            for _ in 0..<150 {
                let place = Int.random(in: 0..<3, using: &random)
                switch Int.random(in: 0..<16, using: &random) {
                case 0...5:
                    world.publish(place, on: "a.b")
                    published.append(
                        ExchangeWorld.Share(
                            interest: Interest("a.*", group: "w"),
                            origin: world.nodes[place].machine.bus,
                            number: world.nodes[place].machine.number
                        )
                    )
                case 6...8: world.work(place)
                case 9...12: world.read(place)
                case 13: world.subscribe(place, to: "a.*", group: "w")
                case 14: if place > 0 { world.release(place, "a.*", group: "w") }
                default: world.now += .milliseconds(Int.random(in: 0...600, using: &random))
                }
            }
            world.run(.seconds(6))
            for share in published { #expect(world.shares[share] == 1, "\(share): \(world.story)") }
        }
    }
}
