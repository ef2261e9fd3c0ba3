import EventCore
public import EventTransport
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
    /// endpoints that are connected to. `security=none` lets in anyone. A secret stands in none of them. Where a TCP endpoint
    /// differs, they stand behind its address: `bind:tcp://0.0.0.0:5556;allow=partners.txt`. There `only` has the patterns of
    /// ``ZMQBusConfiguration/endpointSubjects``, between commas.
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
            "maximumPeerSubscriptionBytes", "maximumSubscriptionBytes", "socketFileMode", "ipv6",
        ]
        let ofSecurity = SecurityOptions.names.map(TransportOption.single)
        return Transport(scheme: "zmq", options: options + ofSecurity) { parameters, observer in
            var configuration = try ZMQBusConfiguration(parameters)
            configuration.observer = observer
            configuration.logger = logger
            return try ZMQBus(configuration: configuration)
        }
    }
}

extension ZMQBusConfiguration {
    init(_ parameters: TransportParameters) throws(EventError) {
        let (publish, subscribe) = (try parameters.endpoints("publish"), try parameters.endpoints("subscribe"))
        self.init(publish: publish.map(\.endpoint), subscribe: subscribe.map(\.endpoint))
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
        let endpoints = publish + subscribe
        ipv6 = try parameters.ipv6(for: endpoints.map(\.endpoint))
        try parameters.checkAddresses(publish.map(\.endpoint), subscribe.map(\.endpoint))
        let common = SecurityOptions { parameters.text($0) }
        for written in endpoints {
            if let patterns = written.patterns { endpointSubjects[written.endpoint] = patterns }
            guard written.security.isSet else { continue }
            let security = written.security.onTop(of: common)
            endpointSecurity[written.endpoint] = try security.security(of: [written.endpoint], "zmq endpoint")
        }
        security = try common.security(of: endpoints.filter { !$0.security.isSet }.map(\.endpoint), "zmq")
    }
}

extension TransportParameters {
    /// Changes a value to that of an option, where it is set.
    fileprivate func read(_ name: String, in range: ClosedRange<Int>, into value: inout Int) throws(EventError) {
        if let number = try integer(name, in: range) { value = number }
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

    /// The endpoints of an option, with what is said of each.
    fileprivate func endpoints(_ name: String) throws(EventError) -> [WrittenEndpoint] {
        var endpoints: [WrittenEndpoint] = []
        let texts = texts(name)
        for (index, text) in texts.enumerated() {
            // Values are not repeated, so where there are several the fault is found by its number.
            let place = texts.count > 1 ? " (number \(index + 1) of \(texts.count))" : ""
            let written: WrittenEndpoint
            do throws(WrittenEndpoint.Fault) {
                written = try WrittenEndpoint(text, mayHavePatterns: name == "publish")
            } catch {
                throw refusal(of: name, expected: error.expected + place)
            }
            let address = written.endpoint.address
            guard written.endpoint.isWildcard || !endpoints.contains(where: { $0.endpoint.address == address }) else {
                throw refusal(of: name, expected: "an address that is not given twice\(place)")
            }
            endpoints.append(written)
        }
        return endpoints
    }
}
