import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct ControlTopicTests {
    private static let bus = "c8q3t0g1k2l3m4n5o6p7"
    private static let origin = "v8q3t0g1k2l3m4n5o6p0"
    private static let eight: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]

    @Test(arguments: [
        ControlTopic.inbox(bus: bus), .presence(bus: bus),
        .interest(bus: bus, incarnation: 0, prefix: .text("")),
        .interest(bus: bus, incarnation: 1, prefix: .text("graph.run.")),
        .interest(bus: bus, incarnation: .max, prefix: WirePrefix([0, 0xFF, 0x7F])),
        .acknowledgement(bus: bus, origin: origin, socket: 0, serial: 1),
        .acknowledgement(bus: bus, origin: origin, socket: .max, serial: .max),
    ])
    func `is read as it was written`(_ topic: ControlTopic) {
        #expect(ControlTopic(topic.bytes) == topic)
        #expect(topic.bytes.first == ControlTopic.firstByte)
    }

    @Test func `any number and any prefix come back`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let bytes = (0..<Int.random(in: 0...WirePrefix.maximumCount)).map { _ in UInt8.random(in: .min ... .max) }
            let number = random.next() >> UInt64.random(in: 0..<64)
            let topics: [ControlTopic] = [
                .interest(bus: Self.bus, incarnation: number, prefix: WirePrefix(bytes)),
                .acknowledgement(bus: Self.bus, origin: Self.origin, socket: random.next(), serial: number),
            ]
            for topic in topics { #expect(ControlTopic(topic.bytes) == topic) }
        }
    }

    @Test func `a connection that libzmq restores has its inbox before what is answered there, and its presence last`()
    {
        let topics: [ControlTopic] = [
            .inbox(bus: Self.bus), .interest(bus: Self.bus, incarnation: 2, prefix: .text("z")),
            .interest(bus: Self.bus, incarnation: 300, prefix: .text("a")), .presence(bus: Self.bus),
        ]
        let bytes = [[0xF4, 0x8F, 0xBF, 0xBF]] + topics.map(\.bytes)
        #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `stays below the lengths that libzmq garbles`() throws {
        let pattern = try Pattern(validating: String(repeating: "a", count: 1000))
        let topic = ControlTopic.interest(bus: Self.bus, incarnation: .max, prefix: WirePrefix(of: pattern))
        #expect(topic.bytes.count < 246)
    }

    @Test(
        arguments: [
            [], [0xFF], [0xFF, 0x61], Array("a".utf8), [0xFF, 0x61] + bus.utf8.dropLast(),
            [0xFF, 0x61] + "\(bus)x".utf8, [0xFF, 0x70] + "\(bus)1".utf8, [0xFF, 0x7A] + bus.utf8,
            [0xFF, 0x70] + bus.uppercased().utf8, [0xFE, 0x70] + bus.utf8,
            [0xFF, 0x69] + bus.utf8, [0xFF, 0x69] + bus.utf8 + eight.dropLast(),
            [0xFF, 0x69] + bus.utf8 + eight + [UInt8](repeating: 0x61, count: WirePrefix.maximumCount + 1),
            [0xFF, 0x6B] + bus.utf8 + origin.utf8 + eight, [0xFF, 0x6B] + bus.utf8 + eight + eight,
            [0xFF, 0x6B] + bus.utf8 + origin.utf8 + eight + eight + [0],
            [0xFF, 0x6B] + bus.utf8 + origin.uppercased().utf8 + eight + eight,
        ] as [[UInt8]]
    )
    func `is nothing else`(_ bytes: [UInt8]) {
        #expect(ControlTopic(bytes) == nil)
    }

    @Test func `random bytes are read again as they were written, or not at all`() {
        for _ in 0..<2000 {
            let kinds: [UInt8] = [0x61, 0x69, 0x6B, 0x70]
            var bytes = [0xFF, kinds.randomElement()!] + Array(Self.bus.utf8)
            bytes += (0..<Int.random(in: 0...60)).map { _ in UInt8.random(in: .min ... .max) }
            if Bool.random() { bytes[Int.random(in: 0..<bytes.count)] = .random(in: .min ... .max) }
            guard let topic = ControlTopic(bytes) else { continue }
            #expect(topic.bytes == bytes)
        }
    }
}
