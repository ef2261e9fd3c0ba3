import Testing

@testable import EventZMQ

@Suite struct HeldTopicsTests {
    @Test func `only what a connection began can end over it`() {
        var topics = HeldTopics()
        var ended = [topics.ended(1, over: 7)]
        topics.began(1, over: 7)
        ended += [topics.ended(1, over: 8), topics.ended(1, over: 7), topics.ended(1, over: 7)]
        topics.began(1, over: 7)
        topics.keep()
        ended.append(topics.ended(1, over: 7))
        #expect(ended == [false, false, true, false, true])
    }

    @Test func `what a number stood for before is forgotten, not what it stands for now`() {
        var topics = HeldTopics()
        topics.began(1, over: 7)
        topics.keep()
        // The next connection of that number has begun to subscribe before its opening is known.
        topics.began(2, over: 7)
        topics.forget(7)
        topics.forget(7)
        topics.keep()
        let ended = [topics.ended(1, over: 7), topics.ended(2, over: 7)]
        #expect(ended == [false, true])
    }
}
