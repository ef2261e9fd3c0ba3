/// TLS between a bus and a NATS server, which has to prove that it is the host that was asked for.
public struct NATSTLS: Sendable, Hashable {
    /// The file with the certificates that are trusted, in PEM; `nil` for those of the system.
    public var authorityFile: String?
    /// The files with the bus's own certificate chain and its key, in PEM, for a server that asks for one.
    public var certificateFile, keyFile: String?

    /// Creates a setting.
    ///
    /// - Parameters:
    ///   - authorityFile: The certificates that are trusted; `nil` for those of the system.
    ///   - certificateFile: The bus's own certificate chain; both or neither of this and the key.
    ///   - keyFile: Its key.
    public init(authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil) {
        (self.authorityFile, self.certificateFile, self.keyFile) = (authorityFile, certificateFile, keyFile)
    }
}
