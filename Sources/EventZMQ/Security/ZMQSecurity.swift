public import EventCore
import EventTransport

/// What somebody may do who has proved to have a key.
public struct ZMQPermissions: Sendable, Hashable, CustomStringConvertible {
    /// What people know the key's owner by.
    public var name: String
    /// The subjects that it may publish on; all unless set.
    public var publish: [Pattern]
    /// The subjects that it may subscribe to; all unless set.
    public var subscribe: [Pattern]

    /// Creates permissions.
    ///
    /// - Parameters:
    ///   - name: What people know the key's owner by.
    ///   - publish: The subjects that it may publish on.
    ///   - subscribe: The subjects that it may subscribe to.
    public init(name: String, publish: [Pattern] = [">"], subscribe: [Pattern] = [">"]) {
        (self.name, self.publish, self.subscribe) = (name, publish, subscribe)
    }

    /// The name and what it may do, on one line.
    public var description: String {
        func list(_ patterns: [Pattern]) -> String {
            patterns.isEmpty ? "nothing" : patterns.map(\.description).joined(separator: " ")
        }
        return "\(name.printable) may publish \(list(publish)) and subscribe to \(list(subscribe))"
    }

    func mayPublish(on subject: Subject) -> Bool { publish.contains { $0.matches(subject) } }

    /// Whether everything that a prefix asks for may be subscribed to.
    ///
    /// A plain prefix that a pattern without wildcards stands for also covers longer subjects, as in ZeroMQ itself.
    func maySubscribe(to prefix: WirePrefix) -> Bool {
        subscribe.contains { pattern in
            let granted = WirePrefix(of: pattern)
            return (prefix.isPlain ? granted.plain : granted).covers(prefix)
        }
    }
}

/// Who may connect to a bus, and whom it trusts, by CURVE keys (ZeroMQ RFC 26).
///
/// Who binds a TCP endpoint is the server: it lets in those whose keys it knows. Who connects is the client: it talks only
/// to whoever has the key that it expects. Everything on the way is encrypted. At `ipc://` endpoints the kernel tells who
/// connects, and no keys are used: the user of this process, unless ``userIDs`` has others.
public struct ZMQSecurity: Sendable {
    /// No protection, said in so many words: anyone who can reach an endpoint may read and write there.
    public static let none = ZMQSecurity(keyPair: nil, peers: [:], serverKeys: [:])

    /// Proves who this bus is; `nil` for ``none``.
    public var keyPair: ZMQKeyPair?
    /// Who may connect, and what they may do; nobody else is let in.
    ///
    /// When this is set after it was read from a file, the file is not looked at any more.
    public var peers: [ZMQPublicKey: ZMQPermissions] {
        didSet { list = nil }
    }
    /// Whose key is expected at the endpoints that are connected to.
    public var serverKeys: [ZMQEndpoint: ZMQPublicKey]
    /// The users whose processes may connect over `ipc://`; the one of this process unless set.
    public var userIDs: Set<UInt32>?
    /// What ``peers`` was read from, and is read from again when it changes.
    var list: AllowList?

    /// Creates a security by keys.
    ///
    /// - Parameters:
    ///   - keyPair: Proves who this bus is.
    ///   - peers: Who may connect, and what they may do.
    ///   - serverKeys: Whose key is expected at the TCP endpoints that are connected to; each has to have one.
    public init(
        keyPair: ZMQKeyPair,
        peers: [ZMQPublicKey: ZMQPermissions],
        serverKeys: [ZMQEndpoint: ZMQPublicKey]
    ) {
        self.init(keyPair: keyPair as ZMQKeyPair?, peers: peers, serverKeys: serverKeys)
    }

    private init(
        keyPair: ZMQKeyPair?,
        peers: [ZMQPublicKey: ZMQPermissions],
        serverKeys: [ZMQEndpoint: ZMQPublicKey]
    ) {
        (self.keyPair, self.peers, self.serverKeys) = (keyPair, peers, serverKeys)
    }
}
