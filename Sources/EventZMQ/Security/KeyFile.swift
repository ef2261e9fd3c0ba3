import EventCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A file that is made with its mode, and never takes the place of another one.
enum KeyFile {
    static func create(_ text: String, at path: String, mode: mode_t) throws(EventError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        // The umask may have taken something away, but nothing is added to a secret.
        guard fchmod(descriptor, mode) == 0 else { throw failure(path, errno) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw failure(path, errno) }
            rest = rest.dropFirst(count)
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> EventError {
        .invalidConfiguration(unsafe "\(path) cannot be written: \(String(cString: strerror(code)))")
    }
}
