import Foundation

/// A file that is written once, at the end of a command, whole or not at all.
struct SummaryFile: Sendable {
    /// The path as it was given, for messages.
    private let name: String
    /// What is replaced: where a symbolic link leads to.
    private let path: String

    /// Makes sure that the file can be written, and leaves it as it is.
    ///
    /// - Throws: Why it cannot be written.
    init(checking name: String) throws(SystemError) {
        self.name = name
        path = Self.target(of: name)
        var status = stat()
        if unsafe stat(path, &status) == 0 {
            let kind = status.st_mode & S_IFMT
            // Renaming would put a file in the place of a device.
            guard kind == S_IFREG else { throw SystemError(name, kind == S_IFDIR ? EISDIR : ENOTSUP) }
        }
        unsafe unlink(try create { _ in true })
    }

    /// Replaces what the file holds.
    ///
    /// - Throws: What kept it from being written; then it holds what it held before.
    func write(_ text: String) throws(SystemError) {
        let temporary = try create { descriptor in
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                let count = unsafe rest.withUnsafeBytes {
                    unsafe Foundation.write(descriptor, $0.baseAddress, $0.count)
                }
                guard count >= 0 || errno == EINTR else { return false }
                rest = rest.dropFirst(max(0, count))
            }
            return fsync(descriptor) == 0
        }
        guard unsafe rename(temporary, path) == 0 else {
            let code = errno
            unsafe unlink(temporary)
            throw SystemError(name, code)
        }
    }

    /// Makes a file beside the final one, so that renaming does not cross file systems.
    ///
    /// - Parameter fill: Writes to it, and tells whether that succeeded; `errno` says why not.
    /// - Returns: Its path.
    /// - Throws: Why there is none; nothing is left of it then.
    private func create(_ fill: (Int32) -> Bool) throws(SystemError) -> String {
        let temporary = "\(path).\(UUID().uuidString.prefix(8))"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw SystemError(name, errno) }
        let code = fill(descriptor) ? 0 : errno
        close(descriptor)
        guard code == 0 else {
            unsafe unlink(temporary)
            throw SystemError(name, code)
        }
        return temporary
    }

    private static func target(of name: String) -> String {
        guard let resolved = unsafe realpath(name, nil) else { return name }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
