import EventCore
import Testing

@testable import EventNATS

@Suite struct GroupRosterTests {
    private let one = Interest("a.*", group: "one")
    private let other = Interest("a.*", group: "other")

    @Test func `knows who has members in what, each once`() {
        var roster = GroupRoster()
        roster.join("b1", one)
        roster.join("b1", one)
        roster.join("b1", other)
        roster.join("b2", one)
        #expect(roster.members(of: one) == ["b1", "b2"])
        #expect(roster.members(of: other) == ["b1"])
        #expect(roster.subscribers(of: "a.b") == ["b1", "b2"])
        #expect(roster.subscribers(of: "a").isEmpty)
        roster.leave("b1", one)
        roster.leave("b2", other)
        #expect(roster.members(of: one) == ["b2"])
        #expect(roster.isInAny("b1"))
        roster.forget("b1")
        #expect(!roster.isInAny("b1"))
        #expect(roster.subscribers(of: "a.b") == ["b2"])
        roster.forget("b2")
        #expect(roster.subscribers(of: "a.b").isEmpty)
    }

    @Test func `remembers so many and no more`() {
        var roster = GroupRoster()
        for number in 0...GroupRoster.maximumCount { roster.join("b\(number)", one) }
        #expect(roster.members(of: one).count == GroupRoster.maximumCount)
        roster.leave("b0", one)
        roster.join("new", one)
        #expect(roster.members(of: one).contains("new"))
    }

    @Test(arguments: [
        ("a.b", "workers", "_eb.shop.group.workers.e61d99190466522c"),
        ("a.b", "caf\u{E9}", "_eb.shop.group.caf%C3%A9.e61d99190466522c"),
        (">", "eu.w,1", "_eb.shop.group.eu%2Ew%2C1.af63b34c8601a6e1"),
    ])
    func `a server tells groups by namespace, name and pattern`(
        _ pattern: String,
        _ group: String,
        _ name: String
    ) throws {
        let queue = try Namespace("shop").queue(of: Interest(Pattern(validating: pattern), group: group))
        #expect(queue == Array(name.utf8) + [0])
    }

    @Test func `a line of the protocol has room for the longest pattern and group`() throws {
        let pattern = try Pattern(validating: String(repeating: "\u{1}", count: 1024))
        let namespace = try Namespace(String(repeating: "n", count: Namespace.maximumCount))
        let interest = Interest(pattern, group: String(repeating: "\u{E9}", count: 64))
        let queue = try #require(namespace.queue(of: interest))
        #expect("SUB  18446744073709551615\r\n".utf8.count + namespace.wire(pattern).count + queue.count < 4096)
    }

    @Test func `a mark names whole groups`() throws {
        let queues = ["a", "bc", "b"].map { Array($0.utf8) + [0] }
        let mark = Array(GroupMark.text(of: Array(queues[..<2])).dropLast())
        #expect(mark == Array("a,bc".utf8))
        // A span cannot go through the macro.
        let found = queues.map { GroupMark.names($0, in: mark.span) }
        #expect(found == [true, true, false])
        let isInNone = GroupMark.names(queues[0], in: [UInt8]().span)
        #expect(!isInNone)
    }
}
