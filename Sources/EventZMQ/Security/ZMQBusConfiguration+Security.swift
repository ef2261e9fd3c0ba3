import EventCore

extension ZMQBusConfiguration {
    /// Refuses what would be open to anyone, or could never connect.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the endpoint.
    func validateSecurity() throws(EventError) {
        for endpoint in endpointSecurity.keys {
            let count = (publish + subscribe).count { $0 == endpoint }
            guard count > 0 else {
                throw .invalidConfiguration("\(endpoint): has a security of its own, but is no endpoint of this bus")
            }
            guard count == 1 else {
                throw .invalidConfiguration("\(endpoint): has a security of its own, but is there \(count) times")
            }
        }
        for domain in domains where domain.security?.isOpenByMistake == true {
            throw .invalidConfiguration("security names peers, servers or users, but has no key pair")
        }
        for endpoint in publish + subscribe where endpoint.isTCP {
            let domain = domain(of: endpoint)
            switch endpoint {
            case .bind where domain.security == nil && !endpoint.isLoopback:
                throw .invalidConfiguration(
                    "\(endpoint): can be reached from other hosts; set security to keys, or to none for anyone"
                )
            case .connect where domain.keyed != nil && domain.keyed?.serverKeys[endpoint] == nil:
                throw .invalidConfiguration("\(endpoint): security has no server key for it")
            default: break
            }
        }
    }

    /// Who may connect, where that is restricted.
    var accessRules: AccessRules? { isKeyed ? AccessRules(domains) : nil }

    /// What those may do who were let in, where that is restricted.
    var admission: Admission? { isKeyed ? Admission(domains) : nil }

    /// How an endpoint is protected, in words.
    func protection(of endpoint: ZMQEndpoint) -> String {
        let domain = domain(of: endpoint)
        switch (endpoint, domain.keyed?.keyPair) {
        case (.bind, let pair?) where endpoint.isTCP:
            return "CURVE with key \(pair.publicKey); \(domain.keyed?.peers.count ?? 0) keys may connect"
        case (.connect, _?) where endpoint.isTCP:
            return "CURVE; key \(domain.keyed?.serverKeys[endpoint]?.text ?? "none") is expected there"
        case (.bind(let address), let pair):
            if endpoint.isTCP { return "nothing: anyone who can reach it may connect" }
            let users = domain.userIDs.sorted().map(String.init).joined(separator: ", ")
            let byKernel = pair == nil ? "" : "users \(users) by the kernel's word"
            if address.hasPrefix("ipc://@") || address == "ipc://*" {
                return pair == nil ? "nothing: every process of this host may connect" : byKernel
            }
            return "the file's mode \(String(socketFileMode, radix: 8))\(pair == nil ? "" : ", \(byKernel)")"
        case (.connect, _):
            return endpoint.isTCP
                ? "nothing: whoever listens there is believed" : "whoever may bind that path is believed"
        }
    }
}

extension ZMQSecurity {
    /// Whether it would let in anyone although it says who may.
    fileprivate var isOpenByMistake: Bool {
        keyPair == nil && !(peers.isEmpty && serverKeys.isEmpty && userIDs == nil)
    }
}

extension ZMQEndpoint {
    var isTCP: Bool { address.hasPrefix("tcp://") }

    /// Whether the host is this one, under a name or number that stands for it alone.
    var isLoopback: Bool {
        guard let colon = address.lastIndex(of: ":") else { return false }
        let host = address[..<colon].dropFirst("tcp://".count)
        if ["localhost", "lo", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
