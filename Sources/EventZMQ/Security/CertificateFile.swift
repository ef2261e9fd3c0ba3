import CZeroMQ
import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The text of a certificate, as CZMQ and pyzmq write and read it: ZPL (ZeroMQ RFC 4), with a section `curve`.
struct CertificateFile: Sendable, Equatable {
    var publicKey: String?
    var secretKey: String?
    /// The value of `name` in the section `metadata`.
    var name: String?

    private static let maximumSize = 64 << 10

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - isSecret: Whether nobody but its owner may be able to read it.
    /// - Throws: ``EventError/invalidConfiguration(_:)``.
    init(path: String, isSecret: Bool) throws(EventError) {
        self.init(text: try Self.contents(of: path, isSecret: isSecret))
    }

    /// Reads what the file says; lines that are none of its are skipped.
    init(text: String) {
        var section = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let isIndented = line.first == " " || line.first == "\t"
            guard let (name, value) = Self.parse(line) else { continue }
            if !isIndented { section = name }
            switch (isIndented ? section : "", name) {
            case ("curve", "public-key"): publicKey = value
            case ("curve", "secret-key"): secretKey = value
            case ("metadata", "name"): self.name = value
            default: break
            }
        }
    }

    /// A name and its value, which may stand in quotation marks.
    ///
    /// A `#` begins a comment, but not within those.
    private static func parse(_ line: Substring) -> (name: String, value: String)? {
        let trimmed = line.drop { $0 == " " || $0 == "\t" }
        let name = trimmed.prefix { $0 != "=" && $0 != "#" }
        let end = name.lastIndex { $0 != " " && $0 != "\t" }
        guard let end else { return nil }
        var rest = trimmed[name.endIndex...]
        guard rest.first == "=" else { return (String(name[...end]), "") }
        rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
        if let mark = rest.first, mark == "\"" || mark == "'" {
            return (String(name[...end]), String(rest.dropFirst().prefix { $0 != mark }))
        }
        let value = rest.prefix { $0 != "#" }
        let last = value.lastIndex { $0 != " " && $0 != "\t" }
        return (String(name[...end]), last.map { String(value[...$0]) } ?? "")
    }

    /// The text of a small file.
    static func contents(of path: String, isSecret: Bool) throws(EventError) -> String {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .invalidConfiguration("\(path) is no file") }
        // The descriptor is asked, not the path, which may lead elsewhere by now.
        guard !isSecret || status.st_mode & 0o077 == 0 else {
            throw .invalidConfiguration("others than its owner may read \(path), which holds a secret: chmod 600")
        }
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.contents(of: descriptor, atMost: maximumSize)
        } catch {
            throw failure(path, error.code)
        }
        guard bytes.count <= maximumSize else { throw .invalidConfiguration("\(path) is too long for keys") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func failure(_ path: String, _ code: Int32) -> EventError {
        // Not repeated: it may be a secret.
        guard Z85.decode(path) == nil else {
            return .invalidConfiguration("a key stands where its file has to be named")
        }
        return .invalidConfiguration(unsafe "\(path) cannot be read: \(String(cString: strerror(code)))")
    }
}
