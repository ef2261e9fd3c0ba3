import Foundation
import Testing

@testable import EventCore

@Suite struct ByteWriterTests {
    private func text(_ write: (inout ByteWriter) -> Void) -> String {
        ByteWriter.with { writer in
            write(&writer)
            return writer.withBytes { $0.text(in: 0..<$0.count) }
        }
    }

    @Test("writes numbers without leading zeros", arguments: [0, 1, 9, 10, 99, 100, 12_345, .max / 10, .max - 1, .max])
    func decimals(_ number: UInt64) {
        #expect(text { $0.append(decimal: number) } == String(number))
    }

    @Test func `every power of ten and its neighbours`() {
        var power: UInt64 = 1
        for _ in 0..<19 {
            power *= 10
            for number in [power - 1, power, power + 1] {
                #expect(text { $0.append(decimal: number) } == String(number))
            }
        }
    }

    @Test("a pair of digits keeps its leading zero", arguments: 0..<100 as Range<UInt32>)
    func pairs(_ number: UInt32) {
        let written = text { writer in
            writer.append("a..b")
            writer.overwrite(pair: number, at: 1)
        }
        #expect(written == "a\(number < 10 ? "0" : "")\(number)b")
    }

    @Test("what was written becomes data, short or long", arguments: [0, 1, 999, 1000, 1001, 4096, 4097, 100_000])
    func data(_ count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let data = ByteWriter.with { writer in
            writer.append(bytes.span)
            return writer.takeData()
        }
        #expect(data == Data(bytes))
    }

    @Test func `grows as far as it must`() {
        let part = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        let written = text { writer in
            for _ in 0..<100 {
                writer.append(part.span)
                writer.append(UInt8(ascii: "b"))
                writer.append("c")
            }
        }
        #expect(written == String(repeating: String(repeating: "a", count: 1000) + "bc", count: 100))
    }
}
