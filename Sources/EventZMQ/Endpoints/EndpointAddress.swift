import EventCore

/// An endpoint's address, taken apart and found good.
enum EndpointAddress: Hashable, Sendable {
    case tcp
    /// A socket in the file system.
    case file(path: String)
    /// A socket with a name but no file, or one whose file libzmq chooses and removes.
    case unnamed

    /// What a Unix-domain address holds, without the zero that ends it.
    private static let maximumPathCount = 107

    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the endpoint and the fault.
    init(of endpoint: ZMQEndpoint) throws(EventError) {
        switch Self.parse(endpoint) {
        case .success(let address): self = address
        case .failure(let fault): throw .invalidConfiguration("\(endpoint): \(fault.text)")
        }
    }

    /// What is wrong with an endpoint, in words that do not repeat it, or `nil` when nothing is.
    static func fault(of endpoint: ZMQEndpoint) -> String? {
        guard case .failure(let fault) = parse(endpoint) else { return nil }
        return fault.text
    }

    private struct Fault: Error {
        var text: String

        init(_ text: String) {
            self.text = text
        }
    }

    private static func parse(_ endpoint: ZMQEndpoint) -> Result<EndpointAddress, Fault> {
        let text = endpoint.address
        guard !text.utf8.contains(0) else { return .failure(Fault("holds a zero byte")) }
        let isBound = if case .bind = endpoint { true } else { false }
        if text.hasPrefix("tcp://") { return tcp(text.dropFirst(6), isBound: isBound) }
        if text.hasPrefix("ipc://") { return ipc(text.dropFirst(6), isBound: isBound) }
        return .failure(Fault("neither tcp:// nor ipc://"))
    }

    private static func tcp(_ text: Substring, isBound: Bool) -> Result<EndpointAddress, Fault> {
        guard let colon = text.lastIndex(of: ":") else { return .failure(Fault("no port")) }
        let host = text[..<colon]
        let port = text[text.index(after: colon)...]
        guard !host.isEmpty else { return .failure(Fault("no host")) }
        guard host.first != "[" || host.last == "]" else { return .failure(Fault("'[' without ']'")) }
        guard host.first == "[" || !host.contains(":") else {
            return .failure(Fault("an IPv6 address stands in brackets"))
        }
        guard isBound || host != "*" else { return .failure(Fault("'*' is no host to connect to")) }
        if isBound, port == "*" || port == "0" { return .success(.tcp) }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
            return .failure(Fault("the port is no number from 1 to 65535"))
        }
        return .success(.tcp)
    }

    private static func ipc(_ text: Substring, isBound: Bool) -> Result<EndpointAddress, Fault> {
        guard !text.isEmpty, text != "@" else { return .failure(Fault("no path")) }
        guard text.utf8.count <= maximumPathCount else {
            return .failure(Fault("the path has \(text.utf8.count) bytes, more than \(maximumPathCount)"))
        }
        if text == "*" {
            return isBound ? .success(.unnamed) : .failure(Fault("'*' is no path to connect to"))
        }
        return .success(text.hasPrefix("@") ? .unnamed : .file(path: String(text)))
    }
}
