public import EventCore

/// A kind of bus that a program can choose at start-up, by the scheme of a URL.
///
/// A package that has a bus of its own offers it in three lines:
///
/// ```swift
/// extension Transport {
///     public static let courier = Transport(scheme: "courier", options: ["server"]) { parameters, observer in
///         try CourierBus(server: parameters.require("server"), observer: observer)
///     }
/// }
/// ```
public struct Transport: Sendable {
    /// Makes a bus from what the URL or the configuration says, and an observer that is told what happens on it.
    public typealias Opening = @Sendable (TransportParameters, (any Observer)?) async throws -> any Bus

    /// What its URLs begin with, in lower case.
    public let scheme: String
    /// What can be set, in the order in which messages list it.
    public let options: [TransportOption]
    /// The option whose values stand between `//` and `?` in its URLs, where they may.
    package let hostOption: String?
    private let opening: Opening

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - scheme: What its URLs begin with: a letter, then letters, digits, `+`, `-` and `.`, all ASCII; case is
    ///     ignored.
    ///   - options: What can be set; others are refused before `opening` is called. Each name stands once.
    ///   - opening: Makes a bus.
    public init(scheme: String, options: [TransportOption] = [], opening: @escaping Opening) {
        self.init(scheme: scheme, options: options, hosts: nil, opening: opening)
    }

    /// Creates a transport whose URLs may name hosts: `scheme://host:1,host2:2?name=value`.
    ///
    /// - Parameters:
    ///   - scheme: As above.
    ///   - options: What can be set.
    ///   - hosts: The repeatable option among them that has a value for each text between `//` and `?`, which commas
    ///     separate.
    ///   - opening: Makes a bus.
    public init(scheme: String, options: [TransportOption], hosts: String, opening: @escaping Opening) {
        precondition(
            options.contains { $0.name == hosts && $0.isRepeatable },
            "hosts are the values of a repeatable option"
        )
        self.init(scheme: scheme, options: options, hosts: .some(hosts), opening: opening)
    }

    private init(scheme: String, options: [TransportOption], hosts: String?, opening: @escaping Opening) {
        precondition(TransportURL.isScheme(scheme.utf8), "a scheme is a letter, then letters, digits, '+', '-' and '.'")
        precondition(Set(options.map(\.name)).count == options.count, "an option is declared twice")
        self.scheme = scheme.lowercased()
        self.options = options
        hostOption = hosts
        self.opening = opening
    }

    /// The settings of a URL, its hosts among them.
    ///
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for hosts where there can be none.
    func settings(of url: TransportURL) throws(EventError) -> [TransportSetting] {
        guard let hosts = url.hosts else { return url.settings }
        guard let hostOption else {
            throw .invalidConfiguration("after \(scheme): comes nothing, or a '?' and options")
        }
        return hosts.map { TransportSetting(name: hostOption, value: $0) } + url.settings
    }

    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a setting that is no option, or is given too often.
    package func parameters(_ settings: [TransportSetting]) throws(EventError) -> TransportParameters {
        try TransportParameters(settings, of: self)
    }

    func open(_ settings: [TransportSetting], observer: (any Observer)?) async throws -> any Bus {
        try await opening(parameters(settings), observer)
    }
}
