import EventCore

/// An endpoint in the text of an address, `bind:tcp://127.0.0.1:5556`, with what stands behind it between semicolons.
struct WrittenEndpoint {
    /// What the text should have been; the text itself is not repeated.
    struct Fault: Error {
        let expected: String
    }

    let endpoint: ZMQEndpoint
    var security = SecurityOptions()
    /// What is sent there, of `only=`; `nil` without one.
    var patterns: [Pattern]?

    private static let example = "such as bind:tcp://127.0.0.1:5556"

    /// Reads an endpoint.
    ///
    /// A path that holds a semicolon cannot be written like this: it would be no longer clear what is an option.
    init(_ text: String, mayHavePatterns: Bool) throws(Fault) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard let endpoint = ZMQEndpoint(parts[0]) else {
            throw Fault(expected: "bind: or connect: and an address, \(Self.example)")
        }
        if let fault = EndpointAddress.fault(of: endpoint) {
            throw Fault(expected: "an address without this fault: \(fault); \(Self.example)")
        }
        self.endpoint = endpoint
        for part in parts.dropFirst() {
            let (name, value) = Self.split(part)
            guard mayHavePatterns, name == "only", patterns == nil else {
                guard security.set(name, to: value) else {
                    let names = (SecurityOptions.names + (mayHavePatterns ? ["only"] : [])).joined(separator: "=, ")
                    throw Fault(expected: "an address and, behind semicolons, of \(names)= each once")
                }
                continue
            }
            patterns = try Self.patterns(value)
        }
        let expectsServer = if case .connect = endpoint { endpoint.isTCP } else { false }
        guard expectsServer || !security.namesServer else {
            throw Fault(expected: "an address without server-key, which is for what connects over TCP")
        }
    }

    private static func split(_ part: String) -> (name: String, value: String) {
        let parts = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return (parts[0], parts.count > 1 ? parts[1] : "")
    }

    private static func patterns(_ text: String) throws(Fault) -> [Pattern] {
        var patterns: [Pattern] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let pattern = try? Pattern(validating: String(part)) else {
                throw Fault(expected: "an address with only= and patterns between commas, such as only=public.>")
            }
            patterns.append(pattern)
        }
        return patterns
    }
}

extension ZMQEndpoint {
    /// Takes `bind:` or `connect:` and an address apart.
    fileprivate init?(_ text: String) {
        if text.hasPrefix("bind:") {
            self = .bind(String(text.dropFirst(5)))
        } else if text.hasPrefix("connect:") {
            self = .connect(String(text.dropFirst(8)))
        } else {
            return nil
        }
    }
}
