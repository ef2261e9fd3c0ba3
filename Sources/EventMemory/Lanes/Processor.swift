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
    /// How many there are, at least one.
    static var count: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_CONF)))) }

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
