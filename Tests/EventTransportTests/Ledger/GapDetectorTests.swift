import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct GapDetectorTests {
    /// A detector, and what a bus has announced by then.
    private struct Run {
        var gaps = GapDetector()
        var announcements = Announcements()

        init(_ prefixes: String..., capacity: Int = GapDetector.defaultCapacity) {
            gaps = GapDetector(capacity: capacity)
            for prefix in prefixes { _ = announcements.add(.text(prefix)) }
        }

        mutating func receive(_ number: UInt64, of subject: Subject, from origin: String = "o") -> UInt64 {
            let announcements = announcements
            return gaps.received(number, of: subject, from: origin, after: announcements.last) {
                announcements.first(covering: subject)
            }
        }
    }

    @Test func `what is left out is a gap; the first sight and a restart are none`() {
        var run = Run("a.")
        let missed = [7, 8, 10, 11, 11, 1, 2, 5].map { run.receive($0, of: "a.b") }
        #expect(missed == [0, 0, 1, 0, 0, 0, 0, 2])
    }

    @Test func `subjects and origins are told apart`() {
        var run = Run("")
        #expect(run.receive(1, of: "a") == 0)
        #expect(run.receive(5, of: "b") == 0)
        #expect(run.receive(9, of: "a", from: "p") == 0)
        #expect(run.receive(3, of: "a") == 1)
    }

    @Test func `what was sent while the bus was not subscribed is no gap`() {
        var run = Run("a.", "x.")
        _ = run.receive(1, of: "a.b")
        _ = run.receive(1, of: "x.y")
        _ = run.announcements.leave(.text("a."))
        #expect(run.receive(9, of: "a.b") == 0)
        _ = run.announcements.add(.text("a."))
        #expect(run.receive(19, of: "a.b") == 0)
        #expect(run.receive(21, of: "a.b") == 1)
        #expect(run.receive(9, of: "x.y") == 7)
    }

    // The end of a narrow subscription made the bus deaf to losses of a wide one.
    @Test func `a narrow prefix that comes and goes beside a wide one hides nothing`() {
        var run = Run("a.")
        _ = run.receive(1, of: "a.b.c")
        _ = run.announcements.add(.text("a.b."))
        #expect(run.receive(3, of: "a.b.c") == 1)
        _ = run.announcements.leave(.text("a.b."))
        #expect(run.receive(6, of: "a.b.c") == 2)
    }

    @Test func `a wide prefix that comes later brings none of what was sent before`() {
        var run = Run("a.b.")
        _ = run.receive(1, of: "a.b.c")
        _ = run.announcements.leave(.text("a.b."))
        _ = run.announcements.add(.text("a."))
        #expect(run.receive(6, of: "a.b.c") == 0)
        #expect(run.receive(8, of: "a.b.c") == 1)
    }

    @Test func `a gap that cannot be true is none`() {
        var run = Run("")
        #expect(run.receive(0, of: "a") == 0)
        #expect(run.receive(1 << 63, of: "a") == 0)
        #expect(run.receive((1 << 63) + 2, of: "a") == 1)
        #expect(run.receive(.max, of: "a") == 0)
        #expect(run.receive(0, of: "a") == 0)
        #expect(run.receive((1 << 32) + 1, of: "a") == 1 << 32)
        #expect(run.receive((2 << 32) + 3, of: "a") == 0)
    }

    @Test func `a subject that was forgotten is seen for the first time again`() throws {
        var run = Run("", capacity: 4)
        _ = run.receive(1, of: "a")
        #expect(run.receive(3, of: "a") == 1)
        for number in 0..<4 { _ = run.receive(1, of: try Subject(validating: "other.\(number)")) }
        #expect(run.receive(9, of: "a") == 0)
        #expect(run.receive(11, of: "a") == 1)
    }
}
