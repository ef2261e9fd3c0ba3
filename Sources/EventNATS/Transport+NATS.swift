import EventCore
public import EventTransport
public import Logging

extension Transport {
    /// `nats:`, a ``NATSBus``: `nats://host:4222,host2:4222?namespace=shop&credentials-file=bus.creds`.
    ///
    /// The hosts are also the repeatable option `server`. `name`, `namespace`, `form`, `queueCapacity`, `queueBytes`,
    /// `receiveQueueCapacity`, `receiveQueueBytes`, `confirmationTimeout`, `linger` and `pingInterval` are the properties of
    /// ``NATSBusConfiguration``, durations such as `500ms` or `5s`.
    ///
    /// `credentials-file` is a file of `nsc`; `nkey` a public key with its seed in `seed-file`; `user` a name with its
    /// password in `password-file` or in the variable that `password-variable` names; `token-file` and `token-variable`
    /// are the same for a token. A name and a password may also stand before the host, as NATS users write it; what
    /// stands there is never printed, but other users of the machine may see it.
    ///
    /// `tls=true` is TLS; `ca-file`, and `certificate-file` with `key-file`, imply it.
    public static var nats: Transport { nats(logger: nil) }

    /// `nats+tls:`, a ``NATSBus`` that never speaks without TLS; else as ``nats``.
    public static var natsTLS: Transport { natsTLS(logger: nil) }

    /// `nats:`, a ``NATSBus`` that logs.
    ///
    /// - Parameter logger: Where changes of state are logged.
    /// - Returns: The transport.
    public static func nats(logger: Logger?) -> Transport { nats("nats", tls: nil, logger) }

    /// `nats+tls:`, a ``NATSBus`` that logs.
    ///
    /// - Parameter logger: Where changes of state are logged.
    /// - Returns: The transport.
    public static func natsTLS(logger: Logger?) -> Transport { nats("nats+tls", tls: NATSTLS(), logger) }

    private static func nats(_ scheme: String, tls: NATSTLS?, _ logger: Logger?) -> Transport {
        let options: [TransportOption] = [
            .repeatable("server"), "name", "namespace", "form", "queueCapacity", "queueBytes", "receiveQueueCapacity",
            "receiveQueueBytes", "confirmationTimeout", "linger", "pingInterval", "credentials-file", "nkey",
            "seed-file", "user", "password-file", "password-variable", "token-file", "token-variable", "tls", "ca-file",
            "certificate-file", "key-file",
        ]
        return Transport(scheme: scheme, options: options, hosts: "server") { parameters, observer in
            var configuration = try NATSBusConfiguration(parameters, tls: tls)
            configuration.observer = observer
            configuration.logger = logger
            return try await NATSBus(configuration: configuration)
        }
    }
}

extension NATSBusConfiguration {
    init(_ parameters: TransportParameters, tls: NATSTLS?) throws(EventError) {
        self.init(servers: parameters.texts("server"))
        (name, namespace) = (parameters.text("name"), parameters.text("namespace"))
        if let text = parameters.text("form") {
            guard let form = NATSForm(rawValue: text) else {
                throw parameters.refusal(
                    of: "form",
                    expected: NATSForm.allCases.map(\.rawValue).joined(separator: " or ")
                )
            }
            self.form = form
        }
        if let number = try parameters.integer("queueCapacity", in: Self.queueCapacities) { queueCapacity = number }
        if let number = try parameters.integer("queueBytes", in: Self.queueSizes) { queueBytes = number }
        if let number = try parameters.integer("receiveQueueCapacity", in: Self.queueCapacities) {
            receiveQueueCapacity = number
        }
        if let number = try parameters.integer("receiveQueueBytes", in: Self.queueSizes) { receiveQueueBytes = number }
        if let limit = try parameters.duration("confirmationTimeout") { confirmationTimeout = limit }
        if let limit = try parameters.duration("linger") { linger = limit }
        if let interval = try parameters.duration("pingInterval") { pingInterval = interval }
        credentials = try parameters.credentials
        self.tls = try parameters.tls(tls)
    }
}

extension NATSLogConfiguration {
    /// Takes from a URL of a ``NATSBus`` what a log has in common with it: the servers, the namespace, and who it is to them.
    package init(url text: String, stream: String) throws(EventError) {
        let url = try TransportRegistry([.nats, .natsTLS]).parse(text)
        let isPlain = url.scheme == Transport.nats.scheme
        let transport = isPlain ? Transport.nats : .natsTLS
        let parameters = try transport.parameters(transport.settings(of: url))
        let bus = try NATSBusConfiguration(parameters, tls: isPlain ? nil : NATSTLS())
        self.init(servers: bus.servers, stream: stream, namespace: bus.namespace)
        (name, credentials, tls, pingInterval) = (bus.name, bus.credentials, bus.tls, bus.pingInterval)
    }
}

extension TransportParameters {
    /// What the bus proves itself with.
    fileprivate var credentials: NATSCredentials? {
        get throws(EventError) {
            var found: [NATSCredentials] = []
            if let path = text("credentials-file") { found.append(.file(path)) }
            if let key = text("nkey") { found.append(.nkey(key, seedFile: try require("seed-file"))) }
            if let token = try secret("token-file", "token-variable") { found.append(.token(token)) }
            if let user = text("user") {
                guard let password = try secret("password-file", "password-variable") else {
                    throw refusal(of: "user", expected: "beside 'password-file' or 'password-variable'")
                }
                found.append(.user(user, password: password))
            }
            guard found.count < 2 else {
                throw .invalidConfiguration("nats takes one of 'credentials-file', 'nkey', 'user' and a token")
            }
            return found.first
        }
    }

    private func secret(_ file: String, _ variable: String) throws(EventError) -> NATSSecret? {
        switch (text(file), text(variable)) {
        case (let path?, nil): .file(path)
        case (nil, let name?): .environment(name)
        case (nil, nil): nil
        case (_?, _?): throw refusal(of: file, expected: "there, or '\(variable)', and not both")
        }
    }

    fileprivate func tls(_ given: NATSTLS?) throws(EventError) -> NATSTLS? {
        let files = NATSTLS(
            authorityFile: text("ca-file"),
            certificateFile: text("certificate-file"),
            keyFile: text("key-file")
        )
        let isOn = try flag("tls")
        guard files != NATSTLS() || isOn == true || given != nil else { return nil }
        guard isOn != false else { throw refusal(of: "tls", expected: "true where TLS is asked for otherwise") }
        return files
    }
}
