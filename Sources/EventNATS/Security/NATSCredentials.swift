/// What a bus proves itself with to a NATS server; its description shows no secret.
public struct NATSCredentials: Sendable, Hashable, CustomStringConvertible {
    enum Kind: Sendable, Hashable {
        case user(String, password: NATSSecret)
        case token(NATSSecret)
        case nkey(publicKey: String, seedFile: String)
        case file(String)
    }

    let kind: Kind

    /// A name and a password.
    ///
    /// - Parameters:
    ///   - name: The user.
    ///   - password: The password.
    /// - Returns: The credentials.
    public static func user(_ name: String, password: NATSSecret) -> NATSCredentials {
        NATSCredentials(kind: .user(name, password: password))
    }

    /// A token.
    ///
    /// - Parameter token: The token.
    /// - Returns: The credentials.
    public static func token(_ token: NATSSecret) -> NATSCredentials { NATSCredentials(kind: .token(token)) }

    /// An NKey: the server gets a signature, and the seed stays here.
    ///
    /// - Parameters:
    ///   - publicKey: The public key, which begins with `U`.
    ///   - seedFile: The file with the seed, as `nk` writes it.
    /// - Returns: The credentials.
    public static func nkey(_ publicKey: String, seedFile: String) -> NATSCredentials {
        NATSCredentials(kind: .nkey(publicKey: publicKey, seedFile: seedFile))
    }

    /// A credentials file with a JWT and a seed, as `nsc` writes it.
    ///
    /// - Parameter path: The file.
    /// - Returns: The credentials.
    public static func file(_ path: String) -> NATSCredentials { NATSCredentials(kind: .file(path)) }

    /// What kind they are, without a secret.
    public var description: String {
        switch kind {
        case .user(let name, _): "user \(name)"
        case .token: "a token"
        case .nkey(let publicKey, _): "NKey \(publicKey)"
        case .file(let path): "credentials file \(path)"
        }
    }
}
