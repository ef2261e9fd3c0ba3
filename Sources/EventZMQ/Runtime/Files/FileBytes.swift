#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads files whose size is small, or not told.
enum FileBytes {
    /// The error number of a read.
    struct Failure: Error {
        var code: Int32
    }

    /// Reads what is left of a file.
    ///
    /// - Returns: The bytes, of which there are no more than `limit` and a few when there is more to read.
    static func contents(of descriptor: Int32, atMost limit: Int) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while bytes.count <= limit {
            switch ZMQResult.of({ unsafe Int32(read(descriptor, &buffer, buffer.count)) }) {
            case .done(0): return bytes
            case .done(let count): bytes += buffer.prefix(Int(count))
            case .wouldBlock: throw Failure(code: EAGAIN)
            case .failed(let code): throw Failure(code: code)
            }
        }
        return bytes
    }
}
