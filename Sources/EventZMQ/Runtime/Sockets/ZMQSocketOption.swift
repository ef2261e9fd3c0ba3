import CZeroMQ

/// The options of libzmq that hold a number and are used here.
enum ZMQSocketOption: Sendable {
    case backlog, connectTimeout, curveServer, enforcesDomain, handshakeInterval, heartbeatInterval, heartbeatTimeout,
        heartbeatTimeToLive,
        immediate, ipv6
    case linger, listener, maximumMessageSize, receiveHighWaterMark, reconnectInterval, reconnectIntervalMaximum
    case sendHighWaterMark, tcpKeepAlive, xpubNoDrop, xpubVerboser

    var rawValue: Int32 {
        switch self {
        case .backlog: ZMQ_BACKLOG
        case .connectTimeout: ZMQ_CONNECT_TIMEOUT
        case .curveServer: ZMQ_CURVE_SERVER
        // ZMQ_ZAP_ENFORCE_DOMAIN, a draft in zmq.h that the library knows.
        case .enforcesDomain: 93
        case .handshakeInterval: ZMQ_HANDSHAKE_IVL
        case .heartbeatInterval: ZMQ_HEARTBEAT_IVL
        case .heartbeatTimeout: ZMQ_HEARTBEAT_TIMEOUT
        case .heartbeatTimeToLive: ZMQ_HEARTBEAT_TTL
        case .immediate: ZMQ_IMMEDIATE
        case .ipv6: ZMQ_IPV6
        case .linger: ZMQ_LINGER
        case .listener: ZMQ_USE_FD
        case .maximumMessageSize: ZMQ_MAXMSGSIZE
        case .receiveHighWaterMark: ZMQ_RCVHWM
        case .reconnectInterval: ZMQ_RECONNECT_IVL
        case .reconnectIntervalMaximum: ZMQ_RECONNECT_IVL_MAX
        case .sendHighWaterMark: ZMQ_SNDHWM
        case .tcpKeepAlive: ZMQ_TCP_KEEPALIVE
        case .xpubNoDrop: ZMQ_XPUB_NODROP
        case .xpubVerboser: ZMQ_XPUB_VERBOSER
        }
    }
}

/// The options of libzmq that hold bytes and are used here.
enum ZMQTextOption: Sendable {
    case curvePublicKey, curveSecretKey, curveServerKey, domain

    var rawValue: Int32 {
        switch self {
        case .curvePublicKey: ZMQ_CURVE_PUBLICKEY
        case .curveSecretKey: ZMQ_CURVE_SECRETKEY
        case .curveServerKey: ZMQ_CURVE_SERVERKEY
        case .domain: ZMQ_ZAP_DOMAIN
        }
    }
}

/// The values a socket is set up with, before it is bound or connected.
struct ZMQSocketOptions: Sendable {
    var values: [(option: ZMQSocketOption, value: Int)]
}
