import EventCore
import Testing
import TransportSupport

@testable import EventTransport

@Suite struct AnnouncementsTests {
    @Test func `a prefix that is given up and wanted again has another number`() {
        var announcements = Announcements()
        #expect(announcements.add(.text("a.")) == 1)
        #expect(announcements.add(.text("b.")) == 2)
        #expect(announcements.leave(.text("a.")) == 1)
        #expect(announcements.isNeeded(.text("a.")))
        #expect(announcements.close(1) == .text("a."))
        #expect(!announcements.isNeeded(.text("a.")))
        #expect(announcements.leave(.text("a.")) == nil)
        #expect(announcements.add(.text("a.")) == 3)
        #expect(announcements[.text("a.")] == 3)
        #expect(announcements.last == 3)
        #expect(announcements.newest == 3)
        _ = announcements.leave(.text("a."))
        #expect(announcements.newest == 2)
        #expect(announcements.add(.text("a.")) == 4)
        #expect(Set(announcements.all.map(\.key)) == [2, 4])
    }

    @Test func `the oldest announcement that covers a subject is known`() {
        var announcements = Announcements()
        #expect(announcements.first(covering: "a.b.c") == nil)
        _ = announcements.add(.text("a.b."))
        _ = announcements.add(.text("a."))
        #expect(announcements.first(covering: "a.b.c") == 1)
        #expect(announcements.first(covering: "a.c") == 2)
        _ = announcements.leave(.text("a.b."))
        #expect(announcements.first(covering: "a.b.c") == 2)
        #expect(announcements.first(covering: "b") == nil)
    }
}
