/// What libzmq has told so far of a connection that ended: its topics in the order of their bytes, in one go, prefixes
/// before control topics.
struct EndingConnection: Hashable, Sendable {
    private var prefixes: [WirePrefix] = []
    private var isPastPrefixes = false

    /// Whether a prefix that ends belongs to another connection.
    func isOver(before prefix: WirePrefix) -> Bool {
        isPastPrefixes || prefixes.last.map { $0 >= prefix } ?? false
    }

    mutating func add(_ prefix: WirePrefix) {
        prefixes.append(prefix)
    }

    /// A control topic has ended.
    mutating func pass() {
        isPastPrefixes = true
    }

    /// Nothing more belongs to it; returns its prefixes.
    mutating func finish() -> [WirePrefix] {
        defer { self = EndingConnection() }
        return prefixes
    }
}
