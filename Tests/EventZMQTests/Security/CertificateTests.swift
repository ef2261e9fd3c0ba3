import EventCore
import EventZMQ
import Foundation
import Testing

@testable import EventZMQ

@Suite struct CertificateTests {
    private static let secret = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
    private static let pub = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

    private func file(_ text: String, mode: Int = 0o600) throws -> String {
        let path = "/tmp/event-\(Envelope(subject: "key").id).key_secret"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func fault(_ body: () throws -> Void) -> String {
        guard case .invalidConfiguration(let fault)? = #expect(throws: EventError.self, performing: body) else {
            return ""
        }
        return fault
    }

    @Test func `a file of CZMQ or pyzmq is read, whatever stands in a key`() throws {
        let text = """
            #   ****  Generated on 2026-11-25 by pyzmq  ****
            #   ZeroMQ CURVE **Secret** Certificate

            metadata
                name = "orders"   # who
            curve
                public-key = "a#\(Self.pub.dropFirst(2))"
                secret-key = '\(Self.secret)'
            other
                secret-key = "none"
            """
        let certificate = CertificateFile(text: text)
        #expect(certificate.publicKey == "a#\(Self.pub.dropFirst(2))")
        #expect(certificate.secretKey == Self.secret)
        #expect(certificate.name == "orders")
        #expect(CertificateFile(text: "curve\n  public-key = bare # comment").publicKey == "bare")
        #expect(CertificateFile(text: "public-key = outside").publicKey == nil)
    }

    @Test func `the pair of RFC 26 belongs together`() throws {
        let pair = try ZMQKeyPair(secret: Self.secret)
        #expect(pair.publicKey.text == Self.pub)
        let path = try file("curve\n    secret-key = \"\(Self.secret)\"\n")
        #expect(try ZMQKeyPair(certificate: path).publicKey == pair.publicKey)
    }

    @Test func `what is no key pair is refused, without its secret`() throws {
        #expect(fault { _ = try ZMQKeyPair(certificate: "/nowhere/at/all") }.contains("No such file"))
        let readable = try file("curve\n    secret-key = \"\(Self.secret)\"\n", mode: 0o640)
        #expect(fault { _ = try ZMQKeyPair(certificate: readable) }.contains("chmod 600"))
        let other = try ZMQKeyPair.generate().publicKey
        let mixed = try file("curve\n    public-key = \"\(other)\"\n    secret-key = \"\(Self.secret)\"\n")
        let words = fault { _ = try ZMQKeyPair(certificate: mixed) }
        #expect(words.contains("do not belong together") && !words.contains(Self.secret))
        #expect(fault { _ = try ZMQKeyPair(certificate: file("curve\n")) }.contains("no secret key"))
        let short = try file("curve\n    secret-key = \"short\"\n")
        #expect(fault { _ = try ZMQKeyPair(certificate: short) }.contains("is none"))
    }

    @Test func `nothing shows a secret`() throws {
        let pair = try ZMQKeyPair(secret: Self.secret)
        var dumped = ""
        dump(pair, to: &dumped)
        for text in ["\(pair)", String(reflecting: pair), dumped] { #expect(!text.contains(Self.secret)) }
        #expect("\(pair)".contains(Self.pub))
    }

    @Test(arguments: ["", "short", String(repeating: "\"", count: 40), String(repeating: "#", count: 40)])
    func `what is no public key is refused`(_ text: String) {
        #expect(throws: EventError.self) { try ZMQPublicKey(validating: text) }
    }
}
