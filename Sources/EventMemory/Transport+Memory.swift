public import EventTransport

extension Transport {
    /// `memory:`, a ``MemoryBus``; the option `routeCacheCapacity` is a number of subjects up to 2²⁰, 0 for no cache.
    public static let memory = Transport(scheme: "memory", options: ["routeCacheCapacity"]) { parameters, observer in
        let capacity = try parameters.integer("routeCacheCapacity", in: 0...1 << 20)
        return MemoryBus(observer: observer, routeCacheCapacity: capacity ?? MemoryBus.defaultRouteCacheCapacity)
    }
}
