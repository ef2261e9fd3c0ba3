public import EventCore

extension ZMQKeyPair {
    /// Writes the pair as two files that CZMQ, pyzmq and `init(certificate:)` read: `NAME.key`, which others may have, and
    /// `NAME.key_secret`, which only its owner can read.
    ///
    /// - Parameter name: The path without its ending; the last part also stands in the files as the name.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when one of the files is there already, or cannot be written.
    public func write(_ name: String) throws(EventError) {
        let title = name.split(separator: "/").last.map(String.init) ?? name
        let head = "metadata\n    name = \"\(title)\"\ncurve\n    public-key = \"\(publicKey)\"\n"
        try KeyFile.create("\(head)    secret-key = \"\(Z85.encode(secret))\"\n", at: "\(name).key_secret", mode: 0o600)
        try KeyFile.create(head, at: "\(name).key", mode: 0o644)
    }
}

extension ZMQPublicKey {
    /// Reads the public key of a certificate file, of either half.
    ///
    /// - Parameter file: The path of the file.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when it cannot be read or holds none.
    public init(certificate file: String) throws(EventError) {
        let certificate = try CertificateFile(path: file, isSecret: false)
        if let text = certificate.publicKey {
            try self.init(validating: text)
        } else if let secret = certificate.secretKey {
            self = try ZMQKeyPair(secret: secret).publicKey
        } else {
            throw .invalidConfiguration("\(file) holds no key")
        }
    }
}

extension ZMQSecurity {
    /// Reads keys and permissions from files, as the options of `zmq:` name them.
    ///
    /// - Parameters:
    ///   - key: The certificate file with this bus's own pair.
    ///   - allow: Who may connect: a folder of public certificates, or a file with a line for each key. While a bus is open,
    ///     what is changed there takes effect within a second: those who are no longer on the list are cut off. What is
    ///     malformed is logged, and changes nothing.
    ///   - serverKeys: Whose key is expected at the TCP endpoints that are connected to.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` that names the file and what is wrong with it.
    public init(key: String, allow: String?, serverKeys: [ZMQEndpoint: ZMQPublicKey]) throws(EventError) {
        let list: AllowList? = if let allow { try AllowList(path: allow) } else { nil }
        self.init(keyPair: try ZMQKeyPair(certificate: key), peers: try list?.peers() ?? [:], serverKeys: serverKeys)
        self.list = list
    }
}
