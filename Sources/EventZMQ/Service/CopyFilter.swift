import EventTransport

/// Finds what came already in the compact form, from buses behind something that does not say whose its connections are.
///
/// Where plain sockets listen beside them, such a bus sends each envelope twice, the compact form first; a bus that asks for
/// both gets both.
struct CopyFilter: Sendable {
    private struct Source: RecentKey {
        var link: Int
        var origin: String

        var byteCount: Int { origin.utf8.count }
    }

    private static let capacity = 4096

    private var last = RecentTable<Source, UInt64>(capacity: capacity)

    /// An envelope came in the compact form.
    mutating func received(_ number: UInt64, from origin: String, over link: Int) {
        let place = last.place(of: Source(link: link, origin: origin), initial: 0)
        last[place] = max(last[place], number)
    }

    /// Whether an envelope that came in the plain form has been there.
    mutating func hasReceived(_ number: UInt64, from origin: String, over link: Int) -> Bool {
        number <= last[last.place(of: Source(link: link, origin: origin), initial: 0)]
    }
}
