public import EventCore
public import Logging

extension Transport {
    /// `zmq:`, a ``ZMQBus``.
    ///
    /// The repeatable options `publish` and `subscribe` are endpoints, `bind:` or `connect:` and an address:
    /// `zmq:?publish=bind:tcp://127.0.0.1:5556&subscribe=connect:tcp://127.0.0.1:5557`; at least one is needed. The
    /// others are the properties of ``ZMQBusConfiguration`` by their names: `sendHighWaterMark`, `maximumMessageSize`,
    /// `maximumWirePrefixes`, `receiveQueueCapacity`, `receiveQueueBytes`, `subscriberRetentionBytes`,
    /// `maximumPeerSubscriptions`, `maximumPeerSubscriptionBytes` and `maximumSubscriptionBytes` are whole numbers,
    /// `heartbeatInterval`, `linger`, `confirmationTimeout` and `subscriberRetention` durations such as `500ms` or `5s`,
    /// `socketFileMode` is octal such as `0660`, and `ipv6` is `true` or `false`; an address like `[::1]` turns it on
    /// where it is not set. Addresses that contradict one another or another option are refused.
    ///
    /// For ``ZMQBusConfiguration/security``, `key` is the certificate file with the bus's own pair, `allow` the file or
    /// folder that says who may connect, and `server-key` or `server-key-file` the key that is expected at the TCP
    /// endpoints that are connected to. `security=none` lets in anyone. A secret stands in none of them.
    public static var zmq: Transport { zmq(logger: nil) }

    /// `zmq:`, a ``ZMQBus`` that logs.
    ///
    /// - Parameter logger: Where changes of state are logged.
    /// - Returns: The transport.
    public static func zmq(logger: Logger?) -> Transport {
        let options: [TransportOption] = [
            .repeatable("publish"), .repeatable("subscribe"), "sendHighWaterMark", "maximumMessageSize",
            "maximumWirePrefixes", "receiveQueueCapacity", "receiveQueueBytes", "heartbeatInterval", "linger",
            "confirmationTimeout", "subscriberRetention", "subscriberRetentionBytes", "maximumPeerSubscriptions",
            "maximumPeerSubscriptionBytes", "maximumSubscriptionBytes", "socketFileMode", "ipv6", "security", "key",
            "allow", "server-key", "server-key-file",
        ]
        return Transport(scheme: "zmq", options: options) { parameters, observer in
            var configuration = try ZMQBusConfiguration(parameters)
            configuration.observer = observer
            configuration.logger = logger
            return try ZMQBus(configuration: configuration)
        }
    }
}

extension ZMQBusConfiguration {
    init(_ parameters: TransportParameters) throws(EventError) {
        self.init(publish: try parameters.endpoints("publish"), subscribe: try parameters.endpoints("subscribe"))
        guard !publish.isEmpty || !subscribe.isEmpty else {
            throw .invalidConfiguration("zmq needs an endpoint: publish=bind:…, or subscribe=connect:…, for example")
        }
        try parameters.read("sendHighWaterMark", in: Self.sendHighWaterMarks, into: &sendHighWaterMark)
        try parameters.read("maximumMessageSize", in: Self.maximumMessageSizes, into: &maximumMessageSize)
        try parameters.read("maximumWirePrefixes", in: Self.wirePrefixMaxima, into: &maximumWirePrefixes)
        try parameters.read("receiveQueueCapacity", in: Self.receiveQueueCapacities, into: &receiveQueueCapacity)
        try parameters.read("receiveQueueBytes", in: Self.receiveQueueSizes, into: &receiveQueueBytes)
        try parameters.read("subscriberRetentionBytes", in: Self.retentionSizes, into: &subscriberRetentionBytes)
        if let limit = try parameters.duration("subscriberRetention") { subscriberRetention = limit }
        if let interval = try parameters.duration("heartbeatInterval") { heartbeatInterval = interval }
        if let limit = try parameters.duration("linger") { linger = limit }
        if let limit = try parameters.duration("confirmationTimeout") { confirmationTimeout = limit }
        try parameters.read("maximumPeerSubscriptions", in: Self.subscriptionMaxima, into: &maximumPeerSubscriptions)
        try parameters.read(
            "maximumPeerSubscriptionBytes",
            in: Self.subscriptionSizes,
            into: &maximumPeerSubscriptionBytes
        )
        try parameters.read("maximumSubscriptionBytes", in: Self.subscriptionSizes, into: &maximumSubscriptionBytes)
        if let mode = try parameters.mode("socketFileMode", in: Self.socketFileModes) { socketFileMode = mode }
        ipv6 = try parameters.ipv6(for: publish + subscribe)
        try parameters.checkAddresses(publish, subscribe)
        security = try parameters.security(for: publish + subscribe)
    }
}

extension TransportParameters {
    /// Changes a value to that of an option, where it is set.
    fileprivate func read(_ name: String, in range: ClosedRange<Int>, into value: inout Int) throws(EventError) {
        if let number = try integer(name, in: range) { value = number }
    }

    /// What the options say of keys; `nil` when they say nothing.
    fileprivate func security(for endpoints: [ZMQEndpoint]) throws(EventError) -> ZMQSecurity? {
        if let text = text("security") {
            guard text == "none" else { throw refusal(of: "security", expected: "none, or there is a key") }
            for name in ["key", "allow", "server-key", "server-key-file"] where self.text(name) != nil {
                throw refusal(of: name, expected: "absent where security is none")
            }
            return ZMQSecurity.none
        }
        guard let key = text("key") else {
            for name in ["allow", "server-key", "server-key-file"] where text(name) != nil {
                throw refusal(of: name, expected: "beside a key, the file with the bus's own pair")
            }
            return nil
        }
        var serverKey: ZMQPublicKey?
        if let text = text("server-key") { serverKey = try ZMQPublicKey(validating: text) }
        if let file = text("server-key-file") {
            guard serverKey == nil else { throw refusal(of: "server-key-file", expected: "absent beside server-key") }
            serverKey = try ZMQPublicKey(certificate: file)
        }
        var serverKeys: [ZMQEndpoint: ZMQPublicKey] = [:]
        for endpoint in endpoints { if case .connect = endpoint, endpoint.isTCP { serverKeys[endpoint] = serverKey } }
        return try ZMQSecurity(key: key, allow: text("allow"), serverKeys: serverKeys)
    }

    /// Whether IPv6 is on: when the option says so, or when it says nothing and an address is one.
    fileprivate func ipv6(for endpoints: [ZMQEndpoint]) throws(EventError) -> Bool {
        let isNeeded = endpoints.contains { $0.address.hasPrefix("tcp://[") }
        guard let flag = try flag("ipv6") else { return isNeeded }
        guard flag || !isNeeded else {
            throw .invalidConfiguration(
                "zmq option 'ipv6' is false, and an address in 'publish' or 'subscribe' is IPv6"
            )
        }
        return flag
    }

    /// Refuses an address that cannot be both published at and subscribed to.
    fileprivate func checkAddresses(_ publish: [ZMQEndpoint], _ subscribe: [ZMQEndpoint]) throws(EventError) {
        for endpoint in publish where !endpoint.isWildcard && subscribe.contains(endpoint) {
            let verb = if case .bind = endpoint { "bind" } else { "connect to" }
            throw .invalidConfiguration(
                "zmq options 'publish' and 'subscribe' \(verb) one address; each needs one of its own"
            )
        }
    }

    fileprivate func mode(_ name: String, in range: ClosedRange<Int>) throws(EventError) -> Int? {
        guard let text = text(name) else { return nil }
        guard let mode = Int(text, radix: 8), range.contains(mode) else {
            throw refusal(of: name, expected: "an octal number from 0 to \(String(range.upperBound, radix: 8))")
        }
        return mode
    }

    fileprivate func endpoints(_ name: String) throws(EventError) -> [ZMQEndpoint] {
        var endpoints: [ZMQEndpoint] = []
        let texts = texts(name)
        for (index, text) in texts.enumerated() {
            // Values are not repeated, so where there are several the fault is found by its number.
            let place = texts.count > 1 ? " (number \(index + 1) of \(texts.count))" : ""
            let example = "such as bind:tcp://127.0.0.1:5556\(place)"
            guard let endpoint = ZMQEndpoint(text) else {
                throw refusal(of: name, expected: "bind: or connect: and an address, \(example)")
            }
            if let fault = EndpointAddress.fault(of: endpoint) {
                throw refusal(of: name, expected: "an address without this fault: \(fault); \(example)")
            }
            guard endpoint.isWildcard || !endpoints.contains(where: { $0.address == endpoint.address }) else {
                throw refusal(of: name, expected: "an address that is not given twice\(place)")
            }
            endpoints.append(endpoint)
        }
        return endpoints
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
