import CNATS
import EventCore
import Synchronization

/// What a connection tells of itself.
enum ConnectionEvent: Sendable, Equatable {
    /// The server is gone; libnats tries to connect again.
    case disconnected
    /// It is connected again, maybe to another server, and has asked that for all subscriptions.
    case reconnected
    /// It is over, whether it was closed or libnats has given up.
    case closed
    /// The server is going to stop, and lets its clients look for another one.
    case serverStops
    /// In the words of the server or of libnats.
    case failed(String)
}

/// Told what happens to a connection, on a thread of libnats that all connections of the process share.
protocol ConnectionObserver: AnyObject, Sendable {
    func connection(_ event: ConnectionEvent)
}

/// The observers of connections, by the number that libnats is given in the place of their address.
///
/// libnats may say twice that a connection is closed; so it has no address of something that is gone by then.
enum ConnectionObservers {
    private struct Registry {
        var observers: [UInt: any ConnectionObserver] = [:]
        var last: UInt = 0
    }

    private static let registry = Lock(Registry())

    static func add(_ observer: any ConnectionObserver) -> UInt {
        registry.withLock { registry in
            registry.last += 1
            registry.observers[registry.last] = observer
            return registry.last
        }
    }

    static func remove(_ number: UInt) {
        _ = registry.withLock { $0.observers.removeValue(forKey: number) }
    }

    fileprivate static func tell(_ closure: UnsafeMutableRawPointer?, _ event: ConnectionEvent) {
        let number = UInt(bitPattern: closure)
        registry.withLock { $0.observers[number] }?.connection(event)
        if event == .closed { remove(number) }
    }

    /// Has libnats call the observer of a number.
    static func install(_ number: UInt, in options: OpaquePointer) -> [natsStatus] {
        let closure = unsafe UnsafeMutableRawPointer(bitPattern: number)
        return unsafe [
            natsOptions_SetDisconnectedCB(options, onDisconnected, closure),
            natsOptions_SetReconnectedCB(options, onReconnected, closure),
            natsOptions_SetClosedCB(options, onClosed, closure),
            natsOptions_SetLameDuckModeCB(options, onLameDuck, closure),
            natsOptions_SetErrorHandler(options, onError, closure),
        ]
    }
}

// At file scope: formed in the context of an actor, a callback would trap on a thread of libnats.

private func onDisconnected(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    unsafe ConnectionObservers.tell(closure, .disconnected)
}

private func onReconnected(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    unsafe ConnectionObservers.tell(closure, .reconnected)
}

private func onClosed(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    unsafe ConnectionObservers.tell(closure, .closed)
}

private func onLameDuck(_ connection: OpaquePointer?, _ closure: UnsafeMutableRawPointer?) {
    unsafe ConnectionObservers.tell(closure, .serverStops)
}

/// The subscription may be gone by now (nats.c issue 659), so nothing looks at it.
private func onError(
    _ connection: OpaquePointer?,
    _ subscription: OpaquePointer?,
    _ status: natsStatus,
    _ closure: UnsafeMutableRawPointer?
) {
    var text: UnsafePointer<CChar>?
    if let connection = unsafe connection { _ = unsafe natsConnection_GetLastError(connection, &text) }
    let words = unsafe NATSResult.text(text)
    let reason = words.isEmpty ? unsafe NATSResult.text(natsStatus_GetText(status)) : words
    unsafe ConnectionObservers.tell(closure, .failed(reason))
}
