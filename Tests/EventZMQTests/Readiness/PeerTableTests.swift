import EventCore
import Testing

@testable import EventZMQ

@Suite struct PeerTableTests {
    private static let first = "c8q3t0g1k2l3m4n5o6p7"
    private static let second = "c8q3t0g1k2l3m4n5o6p8"

    private func join(_ table: inout PeerTable, _ bus: String, _ prefixes: WirePrefix...) {
        _ = table.subscribed(ControlTopic.presence(bus: bus).bytes, at: 0)
        for prefix in prefixes {
            _ = table.subscribed(prefix.bytes, at: 0)
            _ = table.subscribed(ControlTopic.interest(bus: bus, prefix: prefix).bytes, at: 0)
        }
    }

    @Test func `a bus counts once, whatever it subscribes to`() {
        var table = PeerTable()
        join(&table, Self.first, "a.", "a.b.", "x.")
        #expect(table.count(coveringSubject: "a.b.c", except: "") == 1)
        #expect(table.count(coveringSubject: "b", except: "") == 0)
        join(&table, Self.second, "")
        #expect(table.count(coveringSubject: "a.b.c", except: "") == 2)
        #expect(table.count(coveringSubject: "a.b.c", except: Self.second) == 1)
    }

    @Test func `plain sockets count beside buses`() {
        var table = PeerTable()
        join(&table, Self.first, "a.")
        _ = table.subscribed(Array("a.".utf8), at: 0)
        _ = table.subscribed(Array("a.".utf8), at: 0)
        #expect(table.count(coveringSubject: "a.b", except: "") == 3)
        _ = table.unsubscribed(Array("a.".utf8), at: 0)
        #expect(table.count(coveringSubject: "a.b", except: "") == 2)
    }

    @Test func `who came and who left is told once`() {
        var table = PeerTable()
        let presence = ControlTopic.presence(bus: Self.first).bytes
        #expect(table.subscribed(presence, at: 0) == .joined(Self.first))
        #expect(table.subscribed(presence, at: 1) == nil)
        #expect(table.unsubscribed(presence, at: 0) == nil)
        #expect(table.unsubscribed(presence, at: 1) == .left(Self.first))
        #expect(table.unsubscribed(presence, at: 1) == nil)
    }

    @Test func `a socket that is gone takes its peers along`() {
        var table = PeerTable()
        join(&table, Self.first, "a.")
        #expect(table.hasInterest(at: 0))
        #expect(table.removed(0) == [.left(Self.first)])
        #expect(!table.hasInterest(at: 0))
        #expect(table.count(coveringSubject: "a.b", except: "") == 0)
    }

    @Test func `presence and questions are no interest`() {
        var table = PeerTable()
        _ = table.subscribed(ControlTopic.presence(bus: Self.first).bytes, at: 0)
        _ = table.subscribed(ControlTopic.confirmation(bus: Self.first, round: 1).bytes, at: 0)
        _ = table.subscribed([0xFF, 0x00], at: 0)
        #expect(!table.hasInterest(at: 0))
    }

    @Test func `ends of what never began change nothing`() {
        var table = PeerTable()
        join(&table, Self.first, "a.")
        for topic in [Array("b.".utf8), ControlTopic.interest(bus: Self.second, prefix: "a.").bytes, [0xFF]] {
            #expect(table.unsubscribed(topic, at: 0) == nil)
        }
        #expect(table.count(coveringSubject: "a.b", except: "") == 1)
    }
}
