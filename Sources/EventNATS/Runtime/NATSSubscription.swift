import CNATS
import EventCore

/// Gets the messages of a subscription, on a thread of libnats; it must not wait there.
protocol MessageReceiver: AnyObject, Sendable {
    func received(_ message: borrowing NATSMessage)
    /// Nothing more comes; what was still waiting for ``received(_:)`` does not come either.
    func ended()
}

extension MessageReceiver {
    func ended() {}
}

/// A subscription of libnats.
///
/// To free one while its messages come in corrupts memory in libnats before 3.6.1: its read loop looks a subscription up,
/// lets go of the lock, and uses it (nats.c issue 637). So it is ended first, then the connection is flushed, whose answer
/// goes through the same loop, and only then is it freed; ``NATSConnection`` keeps to that.
@unsafe struct NATSSubscription {
    let handle: OpaquePointer

    /// - Throws: ``EventError/transport(_:)``.
    init(
        _ connection: OpaquePointer,
        to wire: [UInt8],
        group: [UInt8]? = nil,
        limit: Int32?,
        receiver: any MessageReceiver
    ) throws(EventError) {
        let box = unsafe Unmanaged.passRetained(ReceiverBox(receiver))
        var handle: OpaquePointer?
        let status = unsafe wire.withCText { subject in
            guard let group else {
                return unsafe natsConnection_Subscribe(&handle, connection, subject, onMessage, box.toOpaque())
            }
            return unsafe group.withCText {
                unsafe natsConnection_QueueSubscribe(&handle, connection, subject, $0, onMessage, box.toOpaque())
            }
        }
        guard status == NATS_OK, let handle = unsafe handle else {
            unsafe box.release()
            throw NATSResult.failure("subscribe", status)
        }
        unsafe self.handle = handle
        // The last thing that touches the box.
        let code = unsafe natsSubscription_SetOnCompleteCB(handle, onComplete, box.toOpaque())
        assert(code == NATS_OK, "a subscription that was just made is valid")
        if let limit { _ = unsafe natsSubscription_SetPendingLimits(handle, limit, limit) }
    }
}

private final class ReceiverBox {
    let receiver: any MessageReceiver

    init(_ receiver: any MessageReceiver) {
        self.receiver = receiver
    }
}

// At file scope: formed in the context of an actor, a callback would trap on a thread of libnats.

private func onMessage(
    _ connection: OpaquePointer?,
    _ subscription: OpaquePointer?,
    _ message: OpaquePointer?,
    _ closure: UnsafeMutableRawPointer?
) {
    guard let message = unsafe message else { return }
    let owned = unsafe NATSMessage(message, of: subscription)
    guard let closure = unsafe closure else { return }
    unsafe Unmanaged<ReceiverBox>.fromOpaque(closure)._withUnsafeGuaranteedRef { $0.receiver.received(owned) }
}

private func onComplete(_ closure: UnsafeMutableRawPointer?) {
    guard let closure = unsafe closure else { return }
    unsafe Unmanaged<ReceiverBox>.fromOpaque(closure).takeRetainedValue().receiver.ended()
}
