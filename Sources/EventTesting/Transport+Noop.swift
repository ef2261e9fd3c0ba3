public import EventTransport

extension Transport {
    /// `noop:`, a ``NoopBus``, which has no options and tells no observer.
    public static let noop = Transport(scheme: "noop") { _, _ in NoopBus() }
}
