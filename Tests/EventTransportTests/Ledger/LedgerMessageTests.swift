import Testing
import TransportSupport

@testable import EventTransport

@Suite struct LedgerMessageTests {
    private static let origin = "c8q3t0g1k2l3m4n5o6p7"
    private static let edges: [UInt64] = [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 1 << 32, .max >> 1, .max - 1, .max]

    private static func message(lines: [LedgerMessage.Line] = []) -> LedgerMessage {
        var message = LedgerMessage(origin: origin, socket: 3, serial: 200, number: 1 << 40)
        message.lines = lines
        return message
    }

    @Test(arguments: edges)
    func `numbers of any size come back`(_ number: UInt64) throws {
        var message = LedgerMessage(origin: Self.origin, socket: number, serial: number, number: number)
        message.lines = [.init(incarnation: number, epoch: number >> 1, total: number, born: number)]
        #expect(LedgerMessage(frames: message.frames) == message)
        message.isLast = true
        #expect(LedgerMessage(frames: message.frames) == message)
    }

    @Test(arguments: [0, 1, 32, 33, 1000, 10_000])
    func `many lines come back, in frames that are small`(_ count: Int) {
        let lines = (0..<count).map { place in
            LedgerMessage.Line(incarnation: Self.edges[place % 10], epoch: UInt64(place), total: .max - UInt64(place))
        }
        let message = Self.message(lines: lines)
        #expect(message.frames.allSatisfy { $0.count <= 1000 })
        #expect(LedgerMessage(frames: message.frames) == message)
    }

    @Test func `a message that was cut off has fewer lines, or is none`() {
        let message = Self.message(lines: (1...100).map { .init(incarnation: $0, epoch: $0 << 7, total: $0 << 14) })
        let frames = message.frames
        for place in frames.indices {
            for count in 0..<frames[place].count {
                let cut = LedgerMessage(frames: frames[..<place] + [Array(frames[place].prefix(count))])
                #expect(cut == nil || message.lines.starts(with: cut!.lines))
            }
        }
        #expect(LedgerMessage(frames: []) == nil)
        #expect(LedgerMessage(frames: [Array(frames[0].prefix(21))]) == nil)
    }

    @Test(arguments: [
        [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00],
    ])
    func `no number has more than 64 bits`(_ bytes: [UInt8]) {
        var rest = bytes[...]
        #expect(rest.takeVarint() == nil)
    }

    @Test func `random bytes do no harm`() {
        for _ in 0..<5000 {
            var frames = Self.message(lines: [.init(incarnation: 1, epoch: 2, total: 300)]).frames
            for _ in 0..<Int.random(in: 1...4) {
                let place = Int.random(in: 0..<frames.count)
                if Bool.random(), !frames[place].isEmpty {
                    frames[place][Int.random(in: 0..<frames[place].count)] = .random(in: .min ... .max)
                } else {
                    frames.append((0..<Int.random(in: 0...40)).map { _ in UInt8.random(in: .min ... .max) })
                }
            }
            guard let message = LedgerMessage(frames: frames) else { continue }
            #expect(LedgerMessage(frames: message.frames) == message)
        }
    }
}
