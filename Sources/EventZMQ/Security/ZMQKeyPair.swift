import CZeroMQ
public import EventCore

/// A CURVE key pair: what a bus proves by that it is who it says.
///
/// The secret half is read from a file that nobody but its owner can read, and never shown: neither a description nor an
/// error nor a mirror has it.
public struct ZMQKeyPair: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The half that others know.
    public let publicKey: ZMQPublicKey
    let secret: [UInt8]

    /// Makes a new pair, from the system's random numbers.
    ///
    /// - Throws: ``/EventCore/EventError/transport(_:)`` when this libzmq has no CURVE.
    public static func generate() throws(EventError) -> ZMQKeyPair {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = publicText
        try ZMQResult.check("make a key pair") { unsafe zmq_curve_keypair(&publicText, &secretText) }
        return try ZMQKeyPair(secret: String(endingWithZero: secretText))
    }

    /// Reads a pair from a certificate file of CZMQ or pyzmq (`NAME.key_secret`), or one that `eventbus keygen` has made.
    ///
    /// - Parameter file: The path of the file, which only its owner may read.
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when there is no such file, others may read it, or it holds no
    ///   secret key.
    public init(certificate file: String) throws(EventError) {
        let certificate = try CertificateFile(path: file, isSecret: true)
        guard let secret = certificate.secretKey else {
            throw .invalidConfiguration("\(file) holds no secret key; is it the public half?")
        }
        let pair: ZMQKeyPair
        do {
            pair = try ZMQKeyPair(secret: secret)
        } catch {
            throw .invalidConfiguration("the secret key in \(file) is none")
        }
        if let told = certificate.publicKey, told != pair.publicKey.text {
            throw .invalidConfiguration("the two keys in \(file) do not belong together")
        }
        self = pair
    }

    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` for a text that is no key.
    init(secret text: String) throws(EventError) {
        guard let secret = Z85.decode(text) else { throw .invalidConfiguration("a secret key is none") }
        var publicText = [CChar](repeating: 0, count: 41)
        try ZMQResult.check("derive a public key") { unsafe zmq_curve_public(&publicText, text) }
        publicKey = try ZMQPublicKey(validating: String(endingWithZero: publicText))
        self.secret = secret
    }

    /// The public half.
    public var description: String { "key pair of \(publicKey)" }

    /// The public half.
    public var debugDescription: String { description }

    /// The public half alone.
    public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
