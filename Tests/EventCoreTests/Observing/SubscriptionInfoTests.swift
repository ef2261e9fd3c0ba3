import EventCore
import Testing

@Suite struct SubscriptionInfoTests {
    private func info(_ name: String?) -> SubscriptionInfo {
        SubscriptionInfo(id: SubscriptionID(rawValue: "s1"), pattern: "a.*", name: name)
    }

    @Test func `names are told apart by their bytes`() {
        #expect(info("\u{E9}") == info("\u{E9}"))
        #expect(info("\u{E9}") != info("e\u{301}"))
        #expect(info(nil) != info(""))
        #expect(info(nil) == info(nil))
        #expect(Set([info("a"), info("b"), info("a")]).count == 2)
    }

    @Test func `is described in one line`() {
        #expect(info("audit").description == "audit (s1) to a.*")
        #expect(info("a\nb\u{202E}").description == "a\\nb\\u{202E} (s1) to a.*")
        #expect(info(nil).description == "s1 to a.*")
    }

    @Test func `a name is a part of the options that stands before the predicate`() {
        let options = SubscriptionOptions(bufferCapacity: 2, backpressure: .block, name: "audit") { _ in false }
        #expect(options.name == "audit")
        #expect(options.predicate?(Envelope(subject: "a")) == false)
        #expect(SubscriptionOptions().name == nil)
    }

    @Test func `an ended subscription has a name, and an id of its own`() {
        let ended = [Subscription.ended(pattern: "a", name: "audit"), .ended(pattern: "a")]
        #expect(ended.map(\.name) == ["audit", nil])
        #expect(ended[0].id != ended[1].id)
        #expect(ended[0].hasEnded)
    }

    @Test func `ends have the names of the contract`() {
        #expect(SubscriptionEnd.allCases.map(\.rawValue) == ["closed", "bus_closed", "cancelled", "released"])
    }
}
