/// Several observers as one.
///
/// ```swift
/// let bus = MemoryBus(observer: CombinedObserver(metrics, drops))
/// ```
///
/// Each callback is passed to every observer before it returns, in the order in which they were given.
public struct CombinedObserver: Observer {
    private let observers: [any Observer]

    /// Combines observers.
    ///
    /// - Parameter observers: Whom to tell, in this order; none is fine.
    public init(_ observers: any Observer...) {
        self.init(observers)
    }

    /// Combines observers that are collected at run time.
    ///
    /// - Parameter observers: Whom to tell, in this order; none is fine.
    public init(_ observers: [any Observer]) {
        self.observers = observers
    }

    /// Tells every observer of a publish.
    ///
    /// - Parameter envelope: The envelope.
    public func onPublish(_ envelope: Envelope) {
        for observer in observers { observer.onPublish(envelope) }
    }

    /// Tells every observer of a delivery.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who received it.
    public func onDeliver(_ envelope: Envelope, to subscription: SubscriptionID) {
        for observer in observers { observer.onDeliver(envelope, to: subscription) }
    }

    /// Tells every observer of a drop.
    ///
    /// - Parameters:
    ///   - envelope: The envelope.
    ///   - subscription: Who does not receive it.
    ///   - reason: Why.
    public func onDrop(_ envelope: Envelope, from subscription: SubscriptionID, reason: DropReason) {
        for observer in observers { observer.onDrop(envelope, from: subscription, reason: reason) }
    }

    /// Tells every observer that a subscription begins.
    ///
    /// - Parameter subscription: What begins.
    public func onSubscribe(_ subscription: SubscriptionInfo) {
        for observer in observers { observer.onSubscribe(subscription) }
    }

    /// Tells every observer that a subscription has ended.
    ///
    /// - Parameters:
    ///   - subscription: What has ended.
    ///   - reason: What ended it.
    public func onEnd(_ subscription: SubscriptionInfo, reason: SubscriptionEnd) {
        for observer in observers { observer.onEnd(subscription, reason: reason) }
    }
}
