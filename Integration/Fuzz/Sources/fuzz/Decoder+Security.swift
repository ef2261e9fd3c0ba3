@testable import EventCore
@testable import EventZMQ

extension Decoder {
    /// A question that was read comes back, and nobody is let in without a key or a user that is on the list.
    static let accessRequest = Decoder(name: "access-request") { input in
        guard let request = AccessRules.Request(frames: input.frames) else { return }
        let head = [AccessRules.version, request.id, Array(request.domain.utf8), Array(request.address.utf8), []]
        let frames = head + [Array(request.mechanism.utf8)] + request.credentials
        require(AccessRules.Request(frames: frames) == request, "another question")

        var rules = AccessRules([knownDomain])
        let now = ContinuousClock.now
        let answer = rules.answer(request, now: now)
        require(answer.frames(for: request.id).count == 6, "an answer that libzmq does not understand")
        guard case .admitted(let user) = answer else { return }
        require(request.domain == knownDomain.name, "a stranger's domain")
        switch request.mechanism {
        case "CURVE":
            require(request.credentials.first == knownKey.bytes && user == knownKey.text, "a key that is not known")
            rules.suspended[user] = now + .seconds(1)
            require(rules.answer(request, now: now) != answer, "somebody who was cut off")
        case "NULL":
            require(request.address.hasPrefix("localhost:") && user == "uid:7", "a user that is not known")
        default: fatalError("another mechanism")
        }
    }

    private static let knownKey = unwrap(ZMQPublicKey(bytes: Array(0..<32)), "no key")
    private static let knownDomain: SecurityDomain = {
        let pair = unwrap(try? ZMQKeyPair.generate(), "no pair")
        var security = ZMQSecurity(keyPair: pair, peers: [knownKey: ZMQPermissions(name: "known")], serverKeys: [:])
        security.userIDs = [7]
        return SecurityDomain(number: 0, security: security)
    }()

    /// A list that was read comes back when its lines are written.
    static let allowList = Decoder(name: "allow-list") { input in
        let peers: [ZMQPublicKey: ZMQPermissions]
        do throws(EventError) {
            peers = try AllowList.parse(input.text, of: "list")
        } catch {
            guard case .invalidConfiguration = error else { fatalError("another error: \(error)") }
            return
        }
        // Behind a tab a combining mark stays on its own, and a comma in front is a list with nothing in its first place.
        let lines = peers.map { key, permissions in
            let publish = permissions.publish.map(\.rawValue).joined(separator: ",")
            let subscribe = permissions.subscribe.map(\.rawValue).joined(separator: ",")
            return "\(key)\t\(permissions.name)\tpublish=,\(publish)\tsubscribe=,\(subscribe)"
        }
        let again = try? AllowList.parse(lines.joined(separator: "\n"), of: "list")
        require(again == peers, "another list")
    }

    /// What a certificate says comes back when it is written.
    static let certificateFile = Decoder(name: "certificate-file") { input in
        let certificate = CertificateFile(text: input.text)
        func line(_ name: String, _ value: String?) -> String {
            guard let value else { return "" }
            let hasBlank = [" ", "\t"].contains { value.hasPrefix($0) || value.hasSuffix($0) }
            let isPlain = !value.contains("#") && !hasBlank && value.first != "\"" && value.first != "'"
            let mark = isPlain ? "" : value.contains("\"") ? "'" : "\""
            // The end of the line ends a value as well, and a mark there could become part of the last character.
            return "\t\(name) =\t\(mark)\(value)\n"
        }
        let (publicKey, secretKey) = (certificate.publicKey, certificate.secretKey)
        let curve = "curve\n\(line("public-key", publicKey))\(line("secret-key", secretKey))"
        let again = CertificateFile(text: "metadata\n\(line("name", certificate.name))\(curve)")
        require(again == certificate, "another certificate")
    }
}
