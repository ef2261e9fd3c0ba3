import CZeroMQ
import EventCore

/// What came of a call into libzmq.
enum ZMQResult: Equatable {
    case done(Int32)
    case wouldBlock
    case failed(Int32)

    /// Calls, again for as long as a signal interrupts, and reads `zmq_errno()` straight after a call that failed.
    @inline(__always)
    static func of(_ call: () -> Int32) -> ZMQResult {
        while true {
            let result = call()
            if result != -1 { return .done(result) }
            let code = zmq_errno()
            switch code {
            case EINTR: continue
            case EAGAIN: return .wouldBlock
            default: return .failed(code)
            }
        }
    }

    /// The result of a call that has no reason to block.
    ///
    /// - Throws: ``EventError/transport(_:)`` that names the operation.
    @discardableResult
    static func check(_ operation: @autoclosure () -> String, _ call: () -> Int32) throws(EventError) -> Int32 {
        switch of(call) {
        case .done(let result): return result
        case .wouldBlock: throw failure(operation(), EAGAIN)
        case .failed(let code): throw failure(operation(), code)
        }
    }

    static func failure(_ operation: String, _ code: Int32) -> EventError {
        .transport(
            TransportFailure(operation: operation, reason: unsafe String(cString: zmq_strerror(code)), code: code)
        )
    }
}
