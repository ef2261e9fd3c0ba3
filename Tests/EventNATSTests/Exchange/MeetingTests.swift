import EventCore
import Testing

@testable import EventNATS

/// Buses whose servers have lost each other, or have not found each other yet.
@Suite struct MeetingTests {
    private func expectToKnowEachOther(_ world: ExchangeWorld, _ location: SourceLocation = #_sourceLocation) {
        for (place, other) in [(0, 1), (1, 0)] {
            let present = world.nodes[place].machine.peers.present
            #expect(present == [world.nodes[other].machine.bus], sourceLocation: location)
        }
    }

    enum Arrival: CaseIterable {
        case subscriberComes, publisherComes, subscriberIsBack
    }

    @Test(arguments: Arrival.allCases)
    func `buses meet that have connected while their servers had lost each other`(_ arrival: Arrival) throws {
        let (publisher, subscriber) = arrival == .publisherComes ? (1, 0) : (0, 1)
        var world = try ExchangeWorld(count: arrival == .subscriberIsBack ? 2 : 1)
        // Whoever has been there for long says so seldom.
        world.run(.seconds(60))
        if arrival != .subscriberComes { world.subscribe(subscriber, to: "a.>") }
        world.run()
        world.partition = [1]
        switch arrival {
        case .subscriberComes:
            try world.add()
            world.subscribe(1, to: "a.>")
        case .publisherComes: try world.add()
        case .subscriberIsBack:
            world.disconnect(1)
            world.connect(1, to: "B")
        }
        world.run(.milliseconds(400))
        #expect(world.nodes[1].machine.peers.present.isEmpty)
        world.partition = []
        world.run(.seconds(1))
        expectToKnowEachOther(world)
        // Nothing was said but who is there, and it is counted from now on.
        for number in 0..<4 {
            world.publish(publisher, on: "a.b")
            world.work(publisher)
            if number == 0 { world.lose(subscriber) } else { world.read(subscriber) }
        }
        world.run()
        #expect(world.nodes[subscriber].received == 3)
        #expect(world.nodes[subscriber].lost == 1)
        #expect(world.nodes[subscriber].unknown == 0)
    }

    @Test func `servers that lose each other again and again find buses as quick as at first`() throws {
        var world = try ExchangeWorld(count: 2)
        world.subscribe(1, to: "a.>")
        world.run(.seconds(60))
        for _ in 0..<20 {
            world.partition = [1]
            for _ in 0..<3 { world.publish(0, on: "a.b") }
            world.run(.seconds(2))
            world.partition = []
            world.run(.seconds(2))
            expectToKnowEachOther(world)
        }
        world.run(.seconds(3))
        #expect(world.nodes[1].lost == 60)
        #expect(world.nodes[1].unknown == 0)
    }

    @Test func `changes that nobody heard are asked for`() throws {
        var world = try ExchangeWorld(count: 2)
        world.run(.seconds(60))
        world.partition = [1]
        world.subscribe(1, to: "a.>")
        world.subscribe(1, to: "work.*", group: "workers")
        for _ in 0..<2 { world.work(1) }
        world.partition = []
        var machine = world.nodes[0].machine
        let subscribers = (machine.book.subscribers(of: "a.b"), machine.roster.subscribers(of: "work.x"))
        #expect(subscribers.0.isEmpty && subscribers.1.isEmpty)
        world.run(Beacon.usual * 1.3)
        let bus = world.nodes[1].machine.bus
        #expect(world.nodes[0].machine.book.subscribers(of: "a.b") == [bus])
        #expect(world.nodes[0].machine.roster.subscribers(of: "work.x") == [bus])

        world.partition = [1]
        world.release(1, "work.*", group: "workers")
        for _ in 0..<2 { world.work(1) }
        world.partition = []
        #expect(world.nodes[0].machine.roster.isInAny(bus))
        world.run(Beacon.usual * 1.3)
        #expect(!world.nodes[0].machine.roster.isInAny(bus))
    }

    @Test func `buses that know each other say no more than that they are there`() throws {
        var world = try ExchangeWorld(count: 3)
        world.subscribe(1, to: "a.>")
        world.subscribe(2, to: "work.*", group: "workers")
        world.run(.seconds(30))
        var heard: [ControlMessage] = []
        let end = world.now + .seconds(60)
        while world.now < end {
            for place in world.nodes.indices {
                world.work(place)
                for case .note(let message) in world.nodes[place].inbound { heard.append(message) }
                while !world.nodes[place].inbound.isEmpty { world.read(place) }
            }
            world.now += .milliseconds(10)
        }
        // Each of them every ten seconds, or a quarter more or less, to both others.
        #expect((24...54).contains(heard.count))
        #expect(heard.allSatisfy { if case .here = $0 { true } else { false } })
    }

    @Test func `whoever is not believed to be there in spite of all is asked less and less often`() throws {
        var world = try ExchangeWorld(count: 1)
        let stranger = Envelope(subject: "x").id
        var times: [Duration] = []
        let start = world.now
        while world.now - start < .seconds(2000) {
            let here = ControlMessage.here(bus: stranger, server: "A", version: 1, groups: 0)
            _ = world.nodes[0].machine.heard(here, now: world.now)
            let (work, _) = world.nodes[0].machine.takeWork(now: world.now, wantsItems: true)
            if work.notes.contains(where: { $0.message == .unsure(bus: world.nodes[0].machine.bus) }) {
                times.append(world.now - start)
            }
            world.now += .milliseconds(100)
        }
        #expect(times.count < 20)
        #expect(
            times.first == .zero && zip(times, times.dropFirst()).allSatisfy { $1 - $0 <= Enquiries.most + .seconds(1) }
        )
    }

    @Test func `the more buses there are the less often they say so`() {
        let start = ContinuousClock.now
        for (count, usual) in [(1, Duration.seconds(10)), (500, .seconds(10)), (5000, .seconds(100))] {
            var beacon = Beacon(of: Envelope(subject: "x").id, now: start)
            var times: [Duration] = []
            while times.count < 8 {
                let time = beacon.dueAt
                let isDue = [time - .nanoseconds(1), time].map { beacon.isDue($0, peerCount: count) }
                #expect(isDue == [false, true])
                times.append(time - start)
            }
            #expect((0.75...1.25).contains(times[0] / Beacon.first))
            #expect((0.75...1.25).contains((times[7] - times[6]) / usual))
        }
    }

    @Test func `what stands for groups tells them apart, in whatever order they come`() {
        let groups = ["a", "b", "ab", ""].flatMap { name in
            (["a", "a.b", "b"] as [Pattern]).map { Interest($0, group: name) }
        }
        #expect(Set(groups.map { [$0].digest }).count == groups.count)
        #expect(groups.digest == groups.shuffled().digest)
        #expect(groups.dropLast().digest != groups.digest)
        #expect([Interest]().digest == 0)
    }
}
