import CZeroMQ
public import EventCore

/// The public half of a CURVE key pair: who somebody is.
///
/// Written as the 40 characters of Z85 (ZeroMQ RFC 32) that CZMQ, pyzmq and `eventbus key show` print. They may stand
/// anywhere; there is nothing to hide.
public struct ZMQPublicKey: Hashable, Sendable, CustomStringConvertible {
    /// How many bytes a key has.
    static let count = 32

    let bytes: [UInt8]

    /// Reads a key from its 40 characters.
    ///
    /// - Throws: ``/EventCore/EventError/invalidConfiguration(_:)`` when the text is no key.
    public init(validating text: String) throws(EventError) {
        guard let bytes = Z85.decode(text) else {
            // Not repeated: it may be a secret.
            let count = text.unicodeScalars.count
            throw .invalidConfiguration("a public key has 40 characters of Z85, and this text of \(count) is none")
        }
        self.bytes = bytes
    }

    init?(bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        self.bytes = bytes
    }

    /// Whether something is as long as the text of a key, and so no name of a user of this host.
    static func isText(_ text: String) -> Bool { text.utf8.count == Z85.textCount }

    /// The 40 characters.
    public var text: String { Z85.encode(bytes) }

    /// The same as ``text``.
    public var description: String { text }
}

/// Writes keys as text.
enum Z85 {
    static let textCount = 40

    static func encode(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: textCount + 1)
        guard unsafe zmq_z85_encode(&text, bytes, bytes.count) != nil else { return "" }
        return String(endingWithZero: text)
    }

    /// Reads 40 characters; `nil` when they are no key.
    static func decode(_ text: String) -> [UInt8]? {
        guard text.utf8.count == textCount, !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: ZMQPublicKey.count)
        guard unsafe zmq_z85_decode(&bytes, text) != nil else { return nil }
        // Groups above 2³² wrap around, and would make two texts of one key.
        return encode(bytes) == text ? bytes : nil
    }
}
