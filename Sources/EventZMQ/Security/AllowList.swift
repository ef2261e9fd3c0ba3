import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Who may connect, as a file or a folder says.
///
/// A folder holds public certificates (`NAME.key`) whose owners may do everything, as with CZMQ. A file has a line for each
/// key: the key, a name, and as far as not everything is allowed `publish=` and `subscribe=` with patterns between commas.
/// Lines that begin with `# ` are comments.
struct AllowList: Sendable, Equatable {
    let path: String
    /// The text of the file, or of each certificate by its name.
    private enum Contents: Equatable {
        case file(String)
        case folder([String: String])
    }

    private let contents: Contents

    /// Reads the text of a file or of the certificates in a folder.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names what cannot be read.
    init(path: String) throws(EventError) {
        self.path = path
        guard let names = Self.names(in: path) else {
            contents = .file(try CertificateFile.contents(of: path, isSecret: false))
            return
        }
        var texts: [String: String] = [:]
        for name in names where name.hasSuffix(".key") {
            texts[name] = try CertificateFile.contents(of: "\(path)/\(name)", isSecret: false)
        }
        contents = .folder(texts)
    }

    /// Who may connect, and what they may do.
    ///
    /// - Throws: ``EventError/invalidConfiguration(_:)`` that names the line; then nothing of it is used.
    func peers() throws(EventError) -> [ZMQPublicKey: ZMQPermissions] {
        switch contents {
        case .file(let text): return try Self.parse(text, of: path)
        case .folder(let texts):
            var peers: [ZMQPublicKey: ZMQPermissions] = [:]
            for (name, text) in texts.sorted(by: { $0.key < $1.key }) {
                let certificate = CertificateFile(text: text)
                guard let text = certificate.publicKey, let key = try? ZMQPublicKey(validating: text) else {
                    throw .invalidConfiguration("\(path)/\(name) holds no public key")
                }
                let permissions = ZMQPermissions(name: certificate.name ?? String(name.dropLast(4)))
                guard peers.updateValue(permissions, forKey: key) == nil else {
                    throw .invalidConfiguration("\(path)/\(name): the key is there twice")
                }
            }
            return peers
        }
    }

    static func parse(_ text: String, of path: String) throws(EventError) -> [ZMQPublicKey: ZMQPermissions] {
        var peers: [ZMQPublicKey: ZMQPermissions] = [:]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let first = words.first, first != "#" else { continue }
            func fault(_ reason: String) -> EventError {
                .invalidConfiguration("\(path), line \(index + 1): \(reason)")
            }
            guard let key = try? ZMQPublicKey(validating: String(first)) else { throw fault("no public key") }
            guard words.count > 1 else { throw fault("no name behind the key") }
            var permissions = ZMQPermissions(name: String(words[1]))
            for word in words.dropFirst(2) {
                let parts = word.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else { throw fault("neither publish= nor subscribe=") }
                var patterns: [Pattern] = []
                for text in parts[1].split(separator: ",") {
                    guard let pattern = try? Pattern(validating: String(text)) else {
                        throw fault("\(text) is no pattern")
                    }
                    patterns.append(pattern)
                }
                switch parts[0] {
                case "publish": permissions.publish = patterns
                case "subscribe": permissions.subscribe = patterns
                default: throw fault("neither publish= nor subscribe=")
                }
            }
            guard peers.updateValue(permissions, forKey: key) == nil else { throw fault("the key is there twice") }
        }
        return peers
    }

    /// The names of a folder's files; `nil` for what is no folder.
    private static func names(in path: String) -> [String]? {
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            names.append(
                unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names
    }
}
