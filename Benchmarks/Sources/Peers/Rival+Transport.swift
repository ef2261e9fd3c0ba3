import Workloads

extension Rival {
    /// What a local subscription of a transport costs without the transport.
    static var memoryBus: Rival {
        Rival(name: "MemoryBus") {
            guard let workload = Workload.named("publish-one") else { preconditionFailure("publish-one is gone") }
            return try await workload.start()
        }
    }
}
