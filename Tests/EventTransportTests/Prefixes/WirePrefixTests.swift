import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct WirePrefixTests {
    @Test func `a pattern without wildcards stands for its subject alone`() {
        let prefix = WirePrefix(of: "a.b")
        #expect(prefix.topic == [0xFE] + "a.b".utf8 + [0xFF])
        let subjects: [Subject] = ["a.b", "a.bc", "a.b.c", "a"]
        #expect(subjects.filter { prefix.covers($0) } == ["a.b"])
        #expect(prefix.text == "a.b")
    }

    private static let patterns: [(Pattern, String)] = [
        ("a.*", "a."), ("a.>", "a."), (">", ""), ("*.b", ""), ("a.b.*.c", "a.b."),
    ]

    @Test(arguments: patterns)
    func `another stands for what comes before its first wildcard`(_ pattern: Pattern, _ text: String) {
        let prefix = WirePrefix(of: pattern)
        #expect(prefix.topic == [0xFE] + text.utf8)
        #expect(prefix.text == text)
    }

    @Test func `publishers that are no buses are asked for the same in plain`() {
        #expect(WirePrefix(of: "a.b").topics == [Array("a.b".utf8), [0xFE] + "a.b".utf8 + [0xFF]])
        #expect(WirePrefix(of: "a.*").topics == [Array("a.".utf8), [0xFE] + "a.".utf8])
        #expect(WirePrefix(of: ">").topics == [[], [0xFE]])
    }

    @Test func `prefixes that differ differ in plain as well`() throws {
        let long = String(repeating: "x", count: 199)
        let texts = ["a", "a.*", "a.b", "a.b.*", ">", "ab", long, long + "y", long + "y.z", long + "y.*"]
        let prefixes = Set(try texts.map { WirePrefix(of: try Pattern(validating: $0)) })
        #expect(Set(prefixes.map(\.plain)).count == prefixes.count)
        #expect(prefixes.allSatisfy { $0.topic.count <= 1 + WirePrefix.maximumCount })
    }

    @Test func `a subject that is too long is cut, and stands for all that begin so`() throws {
        let long = try Subject(validating: String(repeating: "x", count: 200))
        let prefix = WirePrefix(of: Pattern(long))
        #expect(prefix.bytes.count == WirePrefix.maximumCount && prefix.covers(long))
        #expect(prefix.covers(try Subject(validating: String(repeating: "x", count: 300))))
    }

    @Test func `a wider one covers a narrower one, and its subject`() {
        #expect(WirePrefix(of: "a.*").covers(WirePrefix(of: "a.b")))
        #expect(WirePrefix(of: ">").covers(WirePrefix(of: "a.b")))
        #expect(!WirePrefix(of: "a.b").covers(WirePrefix(of: "a.bc")))
        #expect(WirePrefix(of: "a.b").parent == WirePrefix(of: "a.*"))
    }

    @Test func `what covers a subject is found, also what is of it alone`() {
        var map = PrefixMap<String>()
        for pattern in ["a.b", "a.*", ">", "a.bc", "a.b.>"] as [Pattern] {
            map[WirePrefix(of: pattern)] = pattern.rawValue
            map[WirePrefix(of: pattern).plain] = "plain \(pattern)"
        }
        var found: [String] = []
        map.forEach(covering: "a.b" as Subject) { _, value in
            found.append(value)
            return true
        }
        #expect(found == ["plain >", "plain a.*", "plain a.b", ">", "a.*", "a.b"])
        map[WirePrefix(of: "a.b")] = nil
        #expect(map.count == 9)
    }

    @Test func `plain ones come first, as libzmq sends subscriptions again`() {
        let prefixes = [WirePrefix(of: ">"), WirePrefix(of: "b").plain, WirePrefix(of: "a"), WirePrefix(of: "a").plain]
        let sorted = prefixes.sorted().map(\.topic)
        #expect(sorted == sorted.sorted { $0.lexicographicallyPrecedes($1) })
    }
}
