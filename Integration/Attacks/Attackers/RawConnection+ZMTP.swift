import IntegrationSupport

extension RawConnection {
    /// How long the other end may take for its part of the handshake.
    private static let patience = Duration.seconds(5)

    /// Connects, and is let in as a peer without keys.
    ///
    /// - Parameters:
    ///   - endpoint: Where to.
    ///   - kind: Which type of socket it claims to be.
    ///   - properties: What it claims besides.
    /// - Throws: When the other end does not say that it is ready: what is sent before that ends the connection.
    convenience init(to endpoint: String, as kind: String, _ properties: [String: [UInt8]] = [:]) throws {
        try self.init(to: endpoint)
        write(ZMTP.entrance(as: kind, properties))
        // The greeting, and a short command with its flags and its length.
        let head = ZMTP.greeting().count + 2
        var said: [UInt8] = []
        while said.count < head || said.count < head + Int(said[head - 1]) {
            guard let bytes = read(within: Self.patience), !bytes.isEmpty else {
                throw HonestPair.Fault(description: "\(endpoint) does not let \(kind) in")
            }
            said += bytes
        }
    }
}
