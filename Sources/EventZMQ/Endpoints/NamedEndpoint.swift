/// A TCP address to connect to whose host is a name, which is to be looked up before libzmq gets it: libzmq would look
/// it up on the thread that serves all connections.
struct NamedEndpoint: Hashable, Sendable {
    let host: String
    let port: String

    /// Takes an address apart; `nil` when its host is no name, but digits or `*`, or when there is none.
    init?(_ address: String) {
        guard address.hasPrefix("tcp://") else { return nil }
        let text = address.dropFirst(6)
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        guard !host.isEmpty, host != "*", host.first != "[", !Self.isIPv4(host) else { return nil }
        self.host = String(host)
        port = String(text[text.index(after: colon)...])
    }

    /// The address with a number in place of the name.
    func address(at number: String) -> String {
        "tcp://\(number):\(port)"
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy { (0x30...0x39).contains($0) }
                    && UInt8(Substring(part)) != nil
            }
    }
}
