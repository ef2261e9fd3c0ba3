import CNATS
import EventCore

/// Answers of libnats, translated where they come.
enum NATSResult {
    /// Opens the library, once in the process: for as long as that lives, since a message cannot be freed without it, and
    /// others may use the library, too.
    static let library: natsStatus = nats_Open(-1)

    /// An error with the text that libnats has for this thread, or for the status.
    static func failure(_ operation: String, _ status: natsStatus) -> EventError {
        .transport(TransportFailure(operation: operation, reason: reason(status), code: Int32(status.rawValue)))
    }

    static func reason(_ status: natsStatus) -> String {
        let known = unsafe text(natsStatus_GetText(status))
        var last = NATS_OK
        let detail = unsafe text(nats_GetLastError(&last))
        guard last == status, !detail.isEmpty, detail != known else { return known }
        return "\(known): \(detail)"
    }

    static func check(_ status: natsStatus, _ operation: @autoclosure () -> String) throws(EventError) {
        guard status == NATS_OK else { throw failure(operation(), status) }
    }

    /// A copy of C text.
    static func text(_ pointer: UnsafePointer<CChar>?) -> String {
        guard let pointer = unsafe pointer else { return "" }
        return unsafe String(cString: pointer)
    }
}

extension [UInt8] {
    /// Runs `body` with these bytes as C text.
    ///
    /// - Precondition: The last byte is 0, and no other one.
    @inline(__always)
    func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("C text without its end") }
            return unsafe base.withMemoryRebound(to: CChar.self, capacity: bytes.count) { unsafe body($0) }
        }
    }
}
