import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The endpoints with one security, under the name by which libzmq asks who may connect to them (ZAP, ZeroMQ RFC 27).
struct SecurityDomain: Sendable {
    /// 0 for those that have the security of the whole bus; single endpoints with their own are counted on.
    let number: Int
    /// The only endpoint that has it; `nil` where it is that of the whole bus.
    var endpoint: ZMQEndpoint?
    var security: ZMQSecurity?

    /// Never empty, for then libzmq would ask nobody and let in everybody.
    var name: String { "event-bus/\(number)" }

    /// The security where it asks for anything; otherwise anyone may connect who can reach the endpoint.
    var keyed: ZMQSecurity? { security?.keyPair == nil ? nil : security }

    /// The users whose processes may connect over ipc.
    var userIDs: Set<UInt32> { keyed.map { $0.userIDs ?? [getuid()] } ?? [] }

    /// The same with another list of peers.
    func listing(_ peers: [ZMQPublicKey: ZMQPermissions]) -> SecurityDomain {
        var domain = self
        domain.security?.peers = peers
        return domain
    }

    /// What a peer with a key is called: in each domain it is another user, since it may do something else there.
    ///
    /// A key's text has no blank.
    func user(of key: ZMQPublicKey) -> String { number == 0 ? key.text : "\(key.text) \(number)" }

    /// What everybody is called where anyone may connect.
    static let anyone = "anyone"

    /// What a user has proved, whatever the domain: a key, or to be a user of this host.
    static func proof(of user: String) -> String { user.split(separator: " ").first.map(String.init) ?? user }
}

extension ZMQBusConfiguration {
    /// That of the bus, and one for each endpoint with its own.
    var domains: [SecurityDomain] {
        let own = endpointSecurity.sorted { $0.key.description < $1.key.description }
        return [SecurityDomain(number: 0, security: security)]
            + own.enumerated().map {
                SecurityDomain(number: $0.offset + 1, endpoint: $0.element.key, security: $0.element.value)
            }
    }

    /// The domain of an endpoint: its own, or that of the bus.
    func domain(of endpoint: ZMQEndpoint) -> SecurityDomain {
        let domains = domains
        return domains.first { $0.endpoint == endpoint } ?? domains[0]
    }

    /// Whether any endpoint asks for keys; then every socket asks who connects.
    var isKeyed: Bool { domains.contains { $0.keyed != nil } }

    /// Who is at the other end of what is connected to; `nil` where nobody in particular is expected.
    func expectedUser(at endpoint: ZMQEndpoint) -> String? {
        let domain = domain(of: endpoint)
        return domain.keyed?.serverKeys[endpoint].map(domain.user)
    }
}
