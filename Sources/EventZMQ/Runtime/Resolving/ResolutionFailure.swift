import CZeroMQ

/// Why a host name has no addresses, in words.
struct ResolutionFailure: Error, Hashable, Sendable {
    let reason: String

    init(reason: String) {
        self.reason = reason
    }

    init(systemError code: Int32) {
        reason = unsafe String(cString: zmq_strerror(code))
    }
}
