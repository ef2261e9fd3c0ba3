import EventCore
import Testing

@Suite struct SubscriptionOptionsTests {
    @Test func `the defaults`() throws {
        let options = SubscriptionOptions()
        #expect(options.bufferCapacity == 64)
        #expect(options.backpressure == .dropNewest)
        #expect(options.predicate == nil)
        #expect(SubscriptionOptions.maximumBufferCapacity == 1_048_576)
    }

    @Test(
        "the capacity in force",
        arguments: [(1, 1), (64, 64), (1 << 20, 1 << 20), (0, 64), (-1, 64), (.min, 64)] as [(Int, Int)]
    )
    func capacity(_ asked: Int, _ inForce: Int) throws {
        #expect(try SubscriptionOptions(bufferCapacity: asked).validatedCapacity() == inForce)
    }

    @Test("too much capacity is refused", arguments: [1 << 20 + 1, .max] as [Int])
    func refuses(_ asked: Int) throws {
        let error = try #require(throws: EventError.self) {
            try SubscriptionOptions(bufferCapacity: asked).validatedCapacity()
        }
        #expect(error == .invalidConfiguration(error.fault))
    }

    @Test func `policies and reasons have the names of the Go package`() {
        #expect(BackpressurePolicy.allCases.map(\.rawValue) == ["drop_newest", "drop_oldest", "block"])
        #expect(DropReason.allCases.map(\.rawValue) == ["buffer_full", "closed", "cancelled"])
    }
}
