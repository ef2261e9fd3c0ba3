import EventCore

/// The address of a server, as its URL says it; whatever stands before an `@` is shown nowhere.
struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    /// As libnats gets it.
    let url: String

    /// Takes the texts of a configuration apart.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)`` that says which one is wrong, without repeating it.
    static func list(_ texts: [String]) throws(EventError) -> [ServerAddress] {
        guard !texts.isEmpty else { throw .invalidConfiguration("nats needs a server, such as nats://host:4222") }
        var addresses: [ServerAddress] = []
        for (index, text) in texts.enumerated() {
            guard let address = ServerAddress(text) else {
                throw .invalidConfiguration("server \(index + 1) is no address such as nats://host:4222")
            }
            addresses.append(address)
        }
        return addresses
    }

    init?(_ text: String) {
        var rest = text[...]
        if let scheme = text.range(of: "://") {
            guard ["nats", "tls", "nats+tls"].contains(text[..<scheme.lowerBound].lowercased()) else { return nil }
            rest = text[scheme.upperBound...]
        }
        let host = rest.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let isPlain = rest.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?")
        }
        guard isPlain, !host.isEmpty, host.utf8.first != UInt8(ascii: ":") else { return nil }
        if let port = host.split(separator: "]", omittingEmptySubsequences: false).last?.split(separator: ":").last,
            host.contains(":"), host.last != "]"
        {
            guard UInt16(port) != nil else { return nil }
        }
        // Always this scheme: libnats takes `tls` for a plain connection unless it is told otherwise.
        url = "nats://\(rest)"
    }

    /// The address of a server that there is a connection with, as libnats has it.
    init(connectedURL: String) { url = connectedURL }

    /// Without a name and a password.
    var description: String { Self.shown(url) }

    /// A URL without what stands before its host.
    static func shown(_ url: String) -> String {
        let parts = url.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count > 1 ? "nats://\(parts[parts.count - 1])" : url
    }
}

extension String {
    fileprivate func range(of mark: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return start..<index(start, offsetBy: mark.count) }
            start = index(after: start)
        }
        return nil
    }
}
