#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The processor time that this process has taken, its own and the system's for it.
public enum ProcessorTime {
    /// In seconds.
    public static var now: Double {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
