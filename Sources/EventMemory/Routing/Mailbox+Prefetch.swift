import CProcessor
import EventCore

extension Mailbox {
    /// How many deliveries it takes until what has been asked for is there.
    static var lead: Int { 8 }

    // In front of that is what the mailbox is known by, behind it what only readers and the end need.
    private static var firstByte: Int { 128 }
    private static var lineCount: Int32 { 3 }

    /// Has the processor fetch what an offer reads and writes.
    ///
    /// A hint that reads nothing itself, so it needs no lock, and where the layout is another one it is of no use and does no
    /// harm. Mailboxes that fit no cache are waited for otherwise, one after the other.
    @inline(__always)
    func prefetch() {
        unsafe cprocessor_prefetch(Unmanaged.passUnretained(self).toOpaque() + Self.firstByte, Self.lineCount)
    }
}
