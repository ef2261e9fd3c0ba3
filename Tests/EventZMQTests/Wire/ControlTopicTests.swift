import EventCore
import Testing

@testable import EventZMQ

@Suite struct ControlTopicTests {
    private static let bus = "c8q3t0g1k2l3m4n5o6p7"

    @Test(arguments: [
        ControlTopic.confirmation(bus: bus, round: 1), .confirmation(bus: bus, round: .max), .presence(bus: bus),
        .interest(bus: bus, prefix: ""), .interest(bus: bus, prefix: "graph.run."),
    ])
    func `is read as it was written`(_ topic: ControlTopic) {
        #expect(ControlTopic(topic.bytes) == topic)
        #expect(topic.bytes.first == 0xFF)
    }

    @Test func `stays below the lengths that libzmq garbles`() throws {
        let pattern = try Pattern(validating: String(repeating: "a", count: 1000))
        #expect(ControlTopic.interest(bus: Self.bus, prefix: WirePrefix(of: pattern)).bytes.count < 246)
    }

    @Test(
        arguments: [
            [], [0xFF], [0xFF, 0x62], Array("a".utf8), [0xFF, 0x62] + bus.utf8, [0xFF, 0x62] + "\(bus)x".utf8,
            [0xFF, 0x62] + "\(bus)99999999999999999999".utf8, [0xFF, 0x62] + "\(bus)-1".utf8,
            [0xFF, 0x70] + "\(bus)1".utf8,
            [0xFF, 0x7A] + bus.utf8, [0xFF, 0x70] + bus.uppercased().utf8, [0xFF, 0x69] + bus.dropLast().utf8,
        ] as [[UInt8]]
    )
    func `is nothing else`(_ bytes: [UInt8]) {
        #expect(ControlTopic(bytes) == nil)
    }
}
