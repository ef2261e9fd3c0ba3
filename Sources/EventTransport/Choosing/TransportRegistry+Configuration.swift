#if Configuration
public import Configuration
public import EventCore

extension TransportRegistry {
    /// Opens the bus that a configuration describes.
    ///
    /// The configuration either has the key `url`, with a text as ``open(_:observer:)`` takes it, or the key
    /// `transport`, with a scheme, and beside it each option of that transport as a key of its own; repeatable ones are
    /// arrays of texts, or one text. Values of `url` and of secret options are read as secrets, so access logs leave
    /// them out. Keys that the transport does not know cannot be seen, and are ignored.
    ///
    /// ```swift
    /// let bus = try await transports.open(from: config.scoped(to: "event.bus"))  // EVENT_BUS_URL=memory:
    /// ```
    ///
    /// - Parameters:
    ///   - configuration: Where the keys are, usually scoped to a prefix.
    ///   - observer: Told what happens to every envelope.
    /// - Returns: A new bus.
    /// - Throws: As ``open(_:observer:)``; ``/EventCore/EventError/invalidConfiguration(_:)`` also when neither `url` nor
    ///   `transport` is there, or both are.
    public func open(from configuration: ConfigReader, observer: (any Observer)? = nil) async throws -> any Bus {
        let url = configuration.string(forKey: "url", isSecret: true)
        let scheme = configuration.string(forKey: "transport")
        switch (url, scheme) {
        case (let url?, nil): return try await open(url, observer: observer)
        case (nil, let scheme?):
            let transport = try transport(for: scheme)
            return try await transport.open(configuration.settings(of: transport), observer: observer)
        case (nil, nil):
            throw EventError.invalidConfiguration(
                "neither 'url' nor 'transport' is configured as a text: set 'url' to one such as memory:, "
                    + "or 'transport' to a scheme; \(knownSchemes)"
            )
        case (.some, .some):
            throw EventError.invalidConfiguration("'url' and 'transport' are both configured; one of them is enough")
        }
    }
}

extension ConfigReader {
    fileprivate func settings(of transport: Transport) throws(EventError) -> [TransportSetting] {
        var settings: [TransportSetting] = []
        for option in transport.options {
            for value in try values(of: option, scheme: transport.scheme) {
                settings.append(TransportSetting(name: option.name, value: value))
            }
        }
        return settings
    }

    /// A reader answers `nil` for a value of another type as well, so each type that can be meant is asked for.
    private func values(of option: TransportOption, scheme: String) throws(EventError) -> [String] {
        let key = ConfigKey([option.name])
        let isSecret = option.isSecret
        if option.isRepeatable, let texts = stringArray(forKey: key, isSecret: isSecret) { return texts }
        if let text = string(forKey: key, isSecret: isSecret) { return [text] }
        if let number = int(forKey: key, isSecret: isSecret) { return ["\(number)"] }
        if let flag = bool(forKey: key, isSecret: isSecret) { return ["\(flag)"] }
        guard !hasValueOfOtherType(key, isSecret: isSecret) else {
            let types = option.isRepeatable ? "a text or an array of texts" : "a text, a whole number or a boolean"
            throw .invalidConfiguration("\(scheme) option '\(option.name)' must be configured as \(types)")
        }
        return []
    }

    private func hasValueOfOtherType(_ key: ConfigKey, isSecret: Bool) -> Bool {
        double(forKey: key, isSecret: isSecret) != nil || bytes(forKey: key, isSecret: isSecret) != nil
            || stringArray(forKey: key, isSecret: isSecret) != nil || intArray(forKey: key, isSecret: isSecret) != nil
            || doubleArray(forKey: key, isSecret: isSecret) != nil || boolArray(forKey: key, isSecret: isSecret) != nil
    }
}
#endif
