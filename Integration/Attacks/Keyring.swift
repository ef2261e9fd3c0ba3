import EventZMQ
import Foundation
import IntegrationSupport

/// The keys of a stage: the victim's, and those of the peers that it has on its list.
struct Keyring: Sendable {
    enum Owner: String, CaseIterable, Sendable {
        case victim, honest
        /// May do everything.
        case guest
        /// May subscribe to `public.>` alone.
        case reader
        /// May publish on `orders.>` alone.
        case writer
        /// Is not on the list.
        case stranger
    }

    /// What a client of libzmq needs.
    struct Identity: Sendable {
        let secret: String
        let publicKey: String
        let serverKey: String
    }

    private let folder: URL
    private let publicKeys: [Owner: String]
    private let list: URL

    /// Makes new keys.
    init(on stage: Stage) throws {
        folder = stage.path("keys")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        var publicKeys: [Owner: String] = [:]
        for owner in Owner.allCases {
            let pair = try ZMQKeyPair.generate()
            try pair.write(folder.appending(path: owner.rawValue).path)
            publicKeys[owner] = pair.publicKey.text
        }
        self.publicKeys = publicKeys
        let permissions: [Owner: String] = [
            .honest: "", .guest: "", .reader: " subscribe=public.> publish=public.>", .writer: " publish=orders.>",
        ]
        let lines = permissions.map { "\(publicKeys[$0] ?? "") \($0)\($1)\n" }
        list = try stage.file("list", holding: lines.joined())
    }

    func publicKey(of owner: Owner) -> String { publicKeys[owner] ?? "" }

    /// What the victim is started with.
    var arguments: [String] { ["--key", secretFile(of: .victim), "--allow", list.path] }

    /// What a peer of the victim is started with.
    ///
    /// - Parameters:
    ///   - owner: Whose key it has.
    ///   - server: Whose key it expects.
    /// - Returns: The options.
    func arguments(of owner: Owner, expecting server: Owner = .victim) -> [String] {
        ["--key", secretFile(of: owner), "--server-key=\(publicKey(of: server))"]
    }

    func identity(of owner: Owner) throws -> Identity {
        let text = try String(contentsOfFile: secretFile(of: owner), encoding: .utf8)
        let secret = text.split(separator: "secret-key = \"").last?.prefix { $0 != "\"" }
        return Identity(
            secret: String(secret ?? ""),
            publicKey: publicKey(of: owner),
            serverKey: publicKey(of: .victim)
        )
    }

    private func secretFile(of owner: Owner) -> String { folder.appending(path: "\(owner).key_secret").path }
}
