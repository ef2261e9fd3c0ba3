/// Why a handshake failed, in words, after the codes of libzmq's monitor.
///
/// The codes are those of zmq.h: of ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL an errno, of the others constants of their own.
enum HandshakeFault {
    static func words(for code: Int32) -> String {
        switch code {
        case 0x1100_0002: "the other side uses another security mechanism"
        case 0x1100_0001: "the keys do not fit"
        case 11: "the handshake was not finished in time"
        case 32, 104: "the other side closed the connection during the handshake"
        case 300, 400, 500: "the other side is not admitted (\(code))"
        case 0x1000_0000...0x1FFF_FFFF: "the other side does not speak the protocol (code \(code))"
        default: "the handshake failed (code \(code))"
        }
    }
}
