import EventCore
import Testing

@testable import eventbus

@Suite struct ConnectionLinesTests {
    @Test func `what happens again and again is told once for an endpoint`() {
        var lines = ConnectionLines(includesConnected: true)
        let refused = LinkEvent.refused(endpoint: "tcp://h:1", reason: "nobody listens there")
        #expect(lines.line(for: refused) == "refused tcp://h:1: nobody listens there")
        #expect(lines.line(for: refused) == nil)
        #expect(lines.line(for: .refused(endpoint: "tcp://h:2", reason: "no")) == "refused tcp://h:2: no")
        #expect(lines.line(for: .incompatible(endpoint: "tcp://h:1", reason: "v9")) == "incompatible tcp://h:1: v9")
        #expect(lines.line(for: .unresolved(endpoint: "tcp://x:1", reason: "?")) == "unresolved tcp://x:1: ?")
        #expect(lines.line(for: .connected(endpoint: "tcp://h:1")) == "connected tcp://h:1: a peer is connected")
        #expect(lines.line(for: refused) == nil)
    }

    @Test func `who is there may be left out, and what is no connection is`() {
        var lines = ConnectionLines(includesConnected: false)
        #expect(lines.line(for: .connected(endpoint: "tcp://h:1")) == nil)
        #expect(lines.line(for: .queueFull(endpoint: "tcp://h:1")) == nil)
        #expect(lines.line(for: .subscriberJoined("b")) == nil)
    }

    @Test func `a line stays on its line`() {
        var lines = ConnectionLines(includesConnected: false)
        let line = lines.line(for: .refused(endpoint: "tcp://h:1", reason: "a\nb\u{1B}"))
        #expect(line?.contains { $0.isNewline || $0 == "\u{1B}" } == false)
    }
}
