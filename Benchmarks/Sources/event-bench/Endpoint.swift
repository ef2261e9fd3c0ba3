import Foundation

/// An address that nobody else uses.
struct Endpoint {
    /// What it leads over.
    enum Kind: String, CaseIterable {
        case ipc, tcp
    }

    let address: String

    /// Makes one up.
    init(_ kind: Kind) {
        switch kind {
        case .ipc: address = "ipc:///tmp/event-bench-\(UUID().uuidString)"
        // Below the ports that the system gives to those who connect.
        case .tcp: address = "tcp://127.0.0.1:\(Int.random(in: 20_000..<32_000))"
        }
    }
}
