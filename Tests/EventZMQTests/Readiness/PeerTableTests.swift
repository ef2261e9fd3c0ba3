import EventCore
import EventTransport
import Testing
import TransportSupport

@testable import EventZMQ

@Suite struct PeerTableTests {
    private static let first = "c8q3t0g1k2l3m4n5o6p7"
    private static let second = "c8q3t0g1k2l3m4n5o6p8"

    private var table = PeerTable()

    private mutating func join(_ bus: String, _ prefixes: WirePrefix..., at socket: Int = 0, isNamed: Bool = true) {
        let identity = isNamed ? bus : nil
        _ = table.subscribed(.presence(bus: bus), at: socket, by: identity)
        for prefix in prefixes {
            _ = table.subscribed(.prefix(prefix), at: socket, by: identity)
            _ = table.subscribed(.interest(bus: bus, prefix: prefix), at: socket, by: identity)
        }
    }

    /// A connection ends, of which libzmq says nothing but its topics, in order.
    private mutating func end(_ notices: PeerTable.Notice..., at socket: Int = 0) {
        for notice in notices { _ = table.unsubscribed(notice, at: socket, by: nil, isNamed: false) }
        table.settled(socket)
    }

    private func count(_ subject: Subject, upTo limit: Int = .max, except own: String = "") -> Int {
        table.count(of: subject, upTo: limit, except: own)
    }

    @Test(arguments: [true, false])
    mutating func `a bus counts once, whatever it subscribes to`(isNamed: Bool) {
        join(Self.first, "a.", "a.b.", "x.", isNamed: isNamed)
        #expect(count("a.b.c") == 1)
        #expect(count("b") == 0)
        join(Self.second, "", isNamed: isNamed)
        #expect(count("a.b.c") == 2)
        #expect(count("a.b.c", upTo: 1) == 1)
        #expect(count("a.b.c", except: Self.second) == 1)
        #expect(count("b", except: Self.second) == 0)
    }

    @Test(arguments: [true, false])
    mutating func `a bus counts once, however many sockets and connections it has`(isNamed: Bool) {
        join(Self.first, "a.", at: 0, isNamed: isNamed)
        join(Self.first, "a.", at: 1, isNamed: isNamed)
        join(Self.first, "a.", at: 1, isNamed: isNamed)
        #expect(count("a.b") == 1)
        end(.prefix("a."), .interest(bus: Self.first, prefix: "a."), .presence(bus: Self.first), at: 1)
        end(.prefix("a."), .interest(bus: Self.first, prefix: "a."), .presence(bus: Self.first), at: 0)
        #expect(count("a.b") == 1)
        end(.prefix("a."), .interest(bus: Self.first, prefix: "a."), .presence(bus: Self.first), at: 1)
        #expect(count("a.b") == 0)
    }

    @Test(arguments: [true, false])
    mutating func `a bus counts when announcement and subscription have arrived, in whatever order`(isFirst: Bool) {
        let notices: [PeerTable.Notice] = [.prefix("a."), .interest(bus: Self.first, prefix: "a.")]
        for (place, notice) in (isFirst ? notices : notices.reversed()).enumerated() {
            #expect(count("a.b") == 0)
            _ = table.subscribed(notice, at: 0, by: Self.first)
            #expect(count("a.b") == place)
        }
        _ = table.subscribed(.interest(bus: Self.second, prefix: "a."), at: 0, by: Self.second)
        _ = table.subscribed(.prefix("a."), at: 1, by: Self.second)
        #expect(count("a.b") == 1)
    }

    @Test mutating func `an announcement in the name of another bus counts for nothing`() {
        _ = table.subscribed(.prefix("a."), at: 0, by: Self.first)
        _ = table.subscribed(.interest(bus: Self.first, prefix: "a."), at: 0, by: Self.second)
        #expect(count("a.b") == 0)
        _ = table.subscribed(.interest(bus: Self.first, prefix: "a."), at: 0, by: Self.first)
        end(.interest(bus: Self.first, prefix: "a."))
        #expect(count("a.b") == 1)
        #expect(table.subscribed(.presence(bus: Self.first), at: 0, by: Self.second) == nil)
        #expect(table.unsubscribed(.presence(bus: Self.first), at: 0, by: nil, isNamed: false) == nil)
    }

    @Test(arguments: [true, false])
    mutating func `plain sockets count beside buses`(isNamed: Bool) {
        join(Self.first, "a.", isNamed: isNamed)
        _ = table.subscribed(.prefix("a."), at: 0, by: nil)
        _ = table.subscribed(.prefix("a."), at: 0, by: nil)
        _ = table.subscribed(.prefix(""), at: 0, by: nil)
        _ = table.subscribed(.prefix(""), at: 1, by: nil)
        #expect(count("a.b") == 4)
        end(.prefix("a."))
        #expect(count("a.b") == 3)
        _ = table.unsubscribed(.prefix("a."), at: 0, by: nil, isNamed: true)
        #expect(count("a.b") == 3)
        #expect(count("b") == 2)
    }

    @Test mutating func `it is not taken for granted who is gone before it is known`() {
        join(Self.first, "a.")
        _ = table.subscribed(.prefix(""), at: 0, by: nil)
        _ = table.subscribed(.prefix("a."), at: 0, by: nil)
        #expect(count("a.b") == 2)
        _ = table.unsubscribed(.prefix("a."), at: 0, by: nil, isNamed: false)
        #expect(count("a.b") == 1)
        _ = table.unsubscribed(.interest(bus: Self.first, prefix: "a."), at: 0, by: nil, isNamed: false)
        #expect(count("a.b") == 1)
        table.settled(0)
        #expect(count("a.b") == 1)
    }

    @Test mutating func `who came and who left is told once`() {
        let presence = PeerTable.Notice.presence(bus: Self.first)
        #expect(table.subscribed(presence, at: 0, by: Self.first) == .joined(Self.first))
        #expect(table.subscribed(presence, at: 1, by: Self.first) == nil)
        #expect(table.unsubscribed(presence, at: 0, by: nil, isNamed: false) == nil)
        #expect(table.unsubscribed(presence, at: 1, by: nil, isNamed: false) == .left(Self.first))
        #expect(table.unsubscribed(presence, at: 1, by: nil, isNamed: false) == nil)
    }

    @Test mutating func `with its presence a bus leaves what it owned`() {
        join(Self.first, "a.", "b.")
        #expect(table.unsubscribed(.presence(bus: Self.first), at: 0, by: nil, isNamed: false) == .left(Self.first))
        #expect(count("a.b") == 0 && !table.hasInterest(at: 0) && table.slots.isEmpty)
    }

    @Test mutating func `a socket that is gone takes its peers along`() {
        join(Self.first, "a.")
        join(Self.first, "b.", at: 1)
        join(Self.second, "a.", at: 1)
        #expect(table.hasInterest(at: 0))
        #expect(table.removed(0).isEmpty)
        #expect(!table.hasInterest(at: 0))
        #expect(count("a.b") == 1)
        #expect(Set(table.removed(1)) == [.left(Self.first), .left(Self.second)])
        #expect(table.slots.isEmpty && table.lengths == PrefixLengths())
    }

    @Test mutating func `presence and announcements alone are no interest`() {
        _ = table.subscribed(.presence(bus: Self.first), at: 0, by: Self.first)
        _ = table.subscribed(.interest(bus: Self.first, prefix: "a."), at: 0, by: Self.first)
        #expect(!table.hasInterest(at: 0))
    }

    @Test mutating func `ends of what never began change nothing`() {
        join(Self.first, "a.")
        for notice in [.prefix("b."), .interest(bus: Self.second, prefix: "a.")] as [PeerTable.Notice] {
            for isNamed in [true, false] {
                #expect(table.unsubscribed(notice, at: 0, by: nil, isNamed: isNamed) == nil)
                #expect(table.unsubscribed(notice, at: 7, by: nil, isNamed: isNamed) == nil)
            }
        }
        table.settled(0)
        #expect(count("a.b") == 1 && count("b.c") == 0)
        #expect(table.slots.count == 1)
    }

    @Test mutating func `prefixes whose count may have changed are told once`() {
        join(Self.first, "a.")
        #expect(table.takeChanged() == ["a."])
        #expect(table.takeChanged().isEmpty)
        _ = table.subscribed(.presence(bus: Self.second), at: 0, by: nil)
        #expect(table.takeChanged().isEmpty)
    }
}
