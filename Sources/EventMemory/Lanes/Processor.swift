import CProcessor

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The processors of the machine, as far as publishers are to be kept apart.
enum Processor {
    /// The numbers of those that the process may run on now: not what it is kept off (affinity), nor what is switched off.
    static var usable: [Int] {
        var numbers = [Int32](repeating: 0, count: 1024)
        let count = unsafe numbers.withUnsafeMutableBufferPointer { buffer in
            unsafe cprocessor_usable(buffer.baseAddress, Int32(buffer.count))
        }
        guard count > 0 else { return Array(0..<max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))) }
        return numbers.prefix(Int(count)).map(Int.init)
    }

    /// How many processors' time the process may use, where its control group limits that.
    static let quota = ProcessorQuota(ofProcess: FileText.read)?.processors

    /// A small number that differs between threads which run at the same moment, by best effort.
    ///
    /// On Linux the processor's number, which glibc since 2.35 reads from memory that the kernel keeps (rseq). Elsewhere
    /// the address of the thread's own data, spread by Fibonacci hashing (Knuth, vol. 3, 6.4).
    static var current: Int {
        #if os(Linux)
        Int(sched_getcpu())
        #else
        Int(UInt64(UInt(bitPattern: pthread_self()) >> 12) &* 0x9E37_79B9_7F4A_7C15 >> 48)
        #endif
    }
}

/// Reads small files, as the system's own about itself are.
private enum FileText {
    static func read(_ path: String) -> String? {
        guard let file = unsafe fopen(path, "r") else { return nil }
        defer { unsafe fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, file) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
