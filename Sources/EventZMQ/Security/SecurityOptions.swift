import EventCore

/// What an address of a transport says of security, of the bus or of one endpoint.
struct SecurityOptions {
    static let names = ["security", "key", "allow", "server-key", "server-key-file"]

    private var values: [String: String] = [:]

    /// Asks for each of them.
    init(_ value: (String) -> String?) {
        for name in Self.names { values[name] = value(name) }
    }

    /// None.
    init() {}

    /// Sets one; returns whether there is such an option, its value is not empty, and it was not set before.
    mutating func set(_ name: String, to value: String) -> Bool {
        guard Self.names.contains(name), !value.isEmpty else { return false }
        return values.updateValue(value, forKey: name) == nil
    }

    var isSet: Bool { !values.isEmpty }
    var namesServer: Bool { values["server-key"] != nil || values["server-key-file"] != nil }

    /// These, and for what they do not say what others do.
    func onTop(of others: SecurityOptions) -> SecurityOptions {
        var options = self
        guard values["security"] == nil else { return options }
        var inherited = others.values
        inherited["security"] = nil
        // One key is expected at an endpoint, wherever it is named.
        if values["server-key"] != nil { inherited["server-key-file"] = nil }
        if values["server-key-file"] != nil { inherited["server-key"] = nil }
        options.values.merge(inherited) { own, _ in own }
        return options
    }

    /// The security that they mean; `nil` when they say nothing.
    ///
    /// - Parameters:
    ///   - endpoints: Where a server's key is expected as far as they are TCP and connected to.
    ///   - owner: Whose options these are, for errors.
    /// - Returns: The security.
    /// - Throws: ``EventError/invalidConfiguration(_:)`` for a contradiction, and for a file that is missing or malformed.
    func security(of endpoints: [ZMQEndpoint], _ owner: String) throws(EventError) -> ZMQSecurity? {
        func refusal(of name: String, expected: String) -> EventError {
            .invalidConfiguration("\(owner) option '\(name)' must be \(expected)")
        }
        if let text = values["security"] {
            guard text == "none" else { throw refusal(of: "security", expected: "none, or there is a key") }
            if let name = Self.names.first(where: { $0 != "security" && values[$0] != nil }) {
                throw refusal(of: name, expected: "absent where security is none")
            }
            return ZMQSecurity.none
        }
        guard let key = values["key"] else {
            guard let name = Self.names.first(where: { values[$0] != nil }) else { return nil }
            throw refusal(of: name, expected: "beside a key, the file with the bus's own pair")
        }
        var serverKey: ZMQPublicKey?
        if let text = values["server-key"] { serverKey = try ZMQPublicKey(validating: text) }
        if let file = values["server-key-file"] {
            guard serverKey == nil else { throw refusal(of: "server-key-file", expected: "absent beside server-key") }
            serverKey = try ZMQPublicKey(certificate: file)
        }
        var serverKeys: [ZMQEndpoint: ZMQPublicKey] = [:]
        for endpoint in endpoints { if case .connect = endpoint, endpoint.isTCP { serverKeys[endpoint] = serverKey } }
        return try ZMQSecurity(key: key, allow: values["allow"], serverKeys: serverKeys)
    }
}
