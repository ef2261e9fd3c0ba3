import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct PrefixMapTests {
    @Test func `finds what a list finds that is searched from one end to the other`() throws {
        var map = PrefixMap<Int>()
        var list: [WirePrefix: Int] = [:]
        for value in 0..<5000 {
            let prefix = WirePrefix.text(Self.text(segments: 0...3))
            switch Int.random(in: 0..<4) {
            case 0:
                map[prefix] = nil
                list[prefix] = nil
            case 1:
                map.update(prefix, initial: 0) { $0 += 1 }
                list[prefix, default: 0] += 1
            default:
                map[prefix] = value
                list[prefix] = value
            }
            #expect(map.count == list.count && map.isEmpty == list.isEmpty && map[prefix] == list[prefix])
            let subject = try Subject(validating: Self.text(segments: 1...4) + "x")
            var found: [WirePrefix] = []
            map.forEach(covering: subject) { prefix, value in
                #expect(list[prefix] == value)
                found.append(prefix)
                return true
            }
            #expect(found == list.keys.filter { $0.covers(subject) }.sorted { $0.bytes.count < $1.bytes.count })
        }
        #expect(Set(map.prefixes) == Set(list.keys))
    }

    private static func text(segments: ClosedRange<Int>) -> String {
        (0..<Int.random(in: segments)).map { _ in (["a.", "b.", "aa."].randomElement() ?? "a.") }.joined()
    }

    @Test func `stops when told to`() {
        var map = PrefixMap<Int>()
        for (value, text) in ["", "a.", "a.b."].enumerated() { map[.text(text)] = value }
        var found: [Int] = []
        map.forEach(covering: "a.b.c") { _, value in
            found.append(value)
            return found.count < 2
        }
        #expect(found == [0, 1])
    }
}
