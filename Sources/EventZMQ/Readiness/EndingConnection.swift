import EventTransport

/// What libzmq has told so far of a connection that ended: its topics in the order of their bytes, in one go, prefixes
/// before control topics.
struct EndingConnection: Hashable, Sendable {
    private(set) var prefixes: [WirePrefix] = []
    /// The bus that it was the connection of, once that is known.
    private(set) var bus: String?

    var isEmpty: Bool { prefixes.isEmpty && bus == nil }

    /// Whether a prefix that ends belongs to another connection.
    func isOver(before prefix: WirePrefix) -> Bool {
        bus != nil || prefixes.last.map { $0 >= prefix } ?? false
    }

    mutating func add(_ prefix: WirePrefix) {
        prefixes.append(prefix)
    }

    /// A control topic of a bus has ended.
    mutating func pass(_ bus: String) {
        self.bus = bus
    }
}
