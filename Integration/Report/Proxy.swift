import Foundation
import IntegrationSupport
import Synchronization

/// A TCP link from a port of its own to another one, which can be cut and healed.
///
/// A thread does everything, and orders wait until it has carried them out.
final class Proxy: Sendable {
    enum State: Sendable {
        /// Passes on what comes.
        case open
        /// No connection, and nobody listens.
        case cut
        /// The connections stay, and nothing gets through.
        case frozen
        case ended
    }

    private struct Order: Sendable {
        let state: State
        let done: CheckedContinuation<Void, Never>?
    }

    let port: UInt16
    private let orders = Mutex<[Order]>([])
    private let bell = Pipe()

    var address: String { "tcp://127.0.0.1:\(port)" }

    /// Begins to listen.
    ///
    /// - Parameter target: The port that connections are passed on to.
    /// - Throws: What the system says when it cannot listen.
    init(to target: UInt16) throws {
        let listener = try Loopback.listen(on: 0)
        port = try Loopback.port(of: listener)
        for end in [bell.fileHandleForReading, bell.fileHandleForWriting] { Loopback.prepare(end.fileDescriptor) }
        let wires = ProxyWires(listener: listener, port: port, target: target)
        Thread.detachNewThread { [self] in run(wires) }
    }

    /// Closes all connections, and has new ones refused.
    func cut() async { await become(.cut) }

    /// Keeps all connections, and lets nothing through.
    func freeze() async { await become(.frozen) }

    func heal() async { await become(.open) }

    /// Ends its thread; to be called in the end.
    func end() { post(Order(state: .ended, done: nil)) }

    private func become(_ state: State) async {
        await withCheckedContinuation { post(Order(state: state, done: $0)) }
    }

    private func post(_ order: Order) {
        orders.withLock { $0.append(order) }
        unsafe write(bell.fileHandleForWriting.fileDescriptor, [0 as UInt8], 1)
    }

    private func run(_ wires: consuming ProxyWires) {
        let bell = bell.fileHandleForReading.fileDescriptor
        while wires.state != .ended {
            if wires.work(orOn: bell) {
                var rung = [UInt8](repeating: 0, count: 64)
                unsafe read(bell, &rung, rung.count)
            }
            for order in orders.withLock({ orders in
                defer { orders = [] }; return orders
            }) {
                wires.become(order.state)
                order.done?.resume()
            }
        }
    }
}
