import EventCore
import Foundation
import Testing
import TransportSupport

@testable import EventNATS

@Suite struct SubjectEscapeTests {
    @Test(arguments: [
        ("orders.eu.created", "orders.eu.created"), ("a b", "a%20b"), ("a\tb", "a%09b"),
        ("a\r\nPUB x 0\r\n", "a%0D%0APUB%20x%200%0D%0A"),
        ("100%", "100%25"), ("%41", "%2541"), ("$JS.API.STREAM.DELETE.x", "%24JS.API.STREAM.DELETE.x"),
        ("_INBOX.x", "%5FINBOX.x"), ("_eb.all", "%5Feb.all"), ("a._b.$c", "a._b.$c"), ("é", "é"), ("\u{0}", "%00"),
        ("\u{7F}", "%7F"),
    ])
    func `writes what the protocol has a use for as escapes`(_ text: String, _ wire: String) throws {
        var bytes: [UInt8] = []
        SubjectEscape.append(text, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(wire.utf8))
        #expect(SubjectEscape.text(of: bytes.span).elementsEqual(text.utf8))
    }

    @Test(arguments: ["%", "%4", "%zz", "a%41", "%2e", "%0d", "a%24b", "100%2"])
    func `leaves what is no escape of its own as it is`(_ wire: String) {
        #expect(SubjectEscape.text(of: Array(wire.utf8).span).elementsEqual(wire.utf8))
    }

    @Test func `any subject comes back, is safe, and fits`() throws {
        let rounds = ProcessInfo.processInfo.environment["EVENT_ESCAPE_ROUNDS"].flatMap { Int($0) } ?? 10_000
        let seed = UInt64.random(in: 0...UInt64.max)
        // The system's own numbers would be most of the time.
        var random = SeededGenerator(state: seed)
        let namespace = try Namespace("tenant-1.eu")
        var longest = 0
        for _ in 0..<rounds {
            guard let subject = Self.subject(&random) else { continue }
            let wire = namespace.wire(subject).dropLast()
            longest = max(longest, wire.count)
            let isSafe = wire.allSatisfy { $0 > 0x20 && $0 != 0x7F }
            let range = Array(wire).span
            guard isSafe, let text = namespace.range(in: range).map({ SubjectEscape.text(of: range.extracting($0)) }),
                text.elementsEqual(subject.rawValue.utf8)
            else {
                Issue.record("seed \(seed): \(subject) became \(String(decoding: wire, as: UTF8.self))")
                return
            }
        }
        #expect(longest > 1024)
        #expect(longest <= 3500)
    }

    /// A subject of random bytes, those that matter most of all; `nil` when they are none.
    private static func subject(_ random: inout SeededGenerator) -> Subject? {
        let telling: [UInt8] = [0, 9, 10, 13, 32, 37, 36, 95, 127, 46, 48, 65]
        let length =
            Bool.random(using: &random)
            ? Int.random(in: 1...24, using: &random) : Int.random(in: 1...1024, using: &random)
        let bytes = (0..<length).map { _ in
            UInt8.random(in: 0...3, using: &random) > 0
                ? telling.randomElement(using: &random) ?? 32 : UInt8.random(in: 0...127, using: &random)
        }
        return try? Subject(validating: String(decoding: bytes, as: UTF8.self))
    }

    @Test func `longest subject there is fits a line of the protocol`() throws {
        let subject = try Subject(validating: String(repeating: "\n", count: Subject.maximumUTF8Count))
        let name = String(repeating: "n", count: Namespace.maximumCount)
        #expect(try Namespace(name).wire(subject).count <= 3500)
    }

    @Test(arguments: ["", ".", "a..b", "_a", "$a", "a b", "a.*", "é", String(repeating: "a", count: 129)])
    func `is no namespace`(_ name: String) {
        #expect(throws: EventError.self) { try Namespace(name) }
    }

    @Test func `control subjects are none of the subjects of the bus`() throws {
        for namespace in [try Namespace(nil), try Namespace("a")] {
            for wire in [namespace.everybody, namespace.inbox(of: "x"), namespace.absence(of: "x", for: "y")] {
                #expect(namespace.range(in: Array(wire.dropLast()).span) == nil)
            }
        }
    }
}
