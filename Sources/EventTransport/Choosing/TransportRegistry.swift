public import EventCore

/// The transports that a program can choose from at start-up, by one string.
///
/// ```swift
/// let transports = TransportRegistry([.memory, .zmq])
/// let bus = try await transports.open(environment["EVENT_BUS"] ?? "memory:")
/// ```
///
/// A URL is `scheme:`, or `scheme:?name=value&name=value`. Names and values may be percent-encoded, and must be where
/// they hold `&`, `#`, `%`, white space or control characters, or a name `=`; `+` is a plus. The registry is a value,
/// and nothing about it is global.
public struct TransportRegistry: Sendable {
    private var transports: [String: Transport] = [:]

    /// Creates a registry.
    ///
    /// - Parameter transports: What can be chosen; of several with one scheme, the last.
    public init(_ transports: [Transport] = []) {
        for transport in transports { register(transport) }
    }

    /// What can be chosen, in alphabetical order.
    public var schemes: [String] { transports.keys.sorted() }

    /// Adds a transport, or puts it in place of the one with its scheme.
    ///
    /// - Parameter transport: The transport.
    public mutating func register(_ transport: Transport) {
        transports[transport.scheme] = transport
    }

    /// Opens a bus.
    ///
    /// - Parameters:
    ///   - url: Which, such as `memory:` or `zmq:?publish=bind:tcp://127.0.0.1:5556&linger=5s`.
    ///   - observer: Told what happens to every envelope; a transport that discards everything has no use for it.
    /// - Returns: A new bus.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a scheme that is not registered, a malformed URL, an
    ///   option the transport does not know, one given too often, or a bad value. The text names the scheme or option
    ///   and what is known or expected, and holds no values. What the transport throws when the bus cannot be opened.
    public func open(_ url: String, observer: (any Observer)? = nil) async throws -> any Bus {
        try await open(parse(url), observer: observer)
    }

    /// Takes a text apart; one without a scheme, or with another one, is answered with the schemes there are.
    package func parse(_ url: String) throws(EventError) -> TransportURL {
        guard let scheme = TransportURL.scheme(of: url) else {
            throw .invalidConfiguration("the bus has no scheme\(missingColon(in: url)); \(knownSchemes)")
        }
        // Before what comes after it, which another kind of URL has in another form.
        _ = try transport(for: scheme)
        return try TransportURL(validating: url)
    }

    /// What is wrong with a text without a scheme; it is not repeated, unless it begins with a scheme.
    private func missingColon(in url: String) -> String {
        guard !url.isEmpty else { return ", for it is empty" }
        let word = url.lowercased().prefix { $0 != "?" }
        guard let scheme = schemes.first(where: { $0 == word }) else {
            if url.first?.isWhitespace == true { return ", for it begins with white space" }
            return ", such as memory: with its colon"
        }
        return ": a colon is missing, as in \(scheme):\(word.count < url.count ? "?" : "")"
    }

    var knownSchemes: String {
        transports.isEmpty ? "none is registered" : "known are \(schemes.joined(separator: ", "))"
    }

    /// Checks the scheme and the names of the options, not their values, and opens nothing.
    package func check(_ url: TransportURL) throws(EventError) {
        let transport = try transport(for: url.scheme)
        _ = try transport.parameters(transport.settings(of: url))
    }

    package func open(_ url: TransportURL, observer: (any Observer)?) async throws -> any Bus {
        let transport = try transport(for: url.scheme)
        return try await transport.open(transport.settings(of: url), observer: observer)
    }

    func transport(for scheme: String) throws(EventError) -> Transport {
        if let transport = transports[scheme.lowercased()] { return transport }
        let name = TransportURL.quoted(scheme).map { " \($0)" } ?? ""
        throw .invalidConfiguration("unknown transport\(name): \(knownSchemes)")
    }
}
