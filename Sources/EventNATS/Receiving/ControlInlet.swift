import EventCore
import LinkRuntime

/// Gets what other buses tell this one.
final class ControlInlet: MessageReceiver {
    private let exchange: Exchange

    init(_ exchange: Exchange) {
        self.exchange = exchange
    }

    func received(_ message: borrowing NATSMessage) {
        guard !message.saysNobodyListens else {
            let bus = message.withSubject { wire in wire.text(in: 0..<wire.count).split(separator: ".").last }
            if let bus { exchange.absent(String(bus)) }
            return
        }
        do throws(ControlMessage.Fault) {
            exchange.heard(try ControlMessage(Array(message.data)))
        } catch {
            let endpoint = exchange.receiver.endpoint
            switch error {
            case .malformed: exchange.reporter.happened(.malformed(endpoint: endpoint, reason: "no control message"))
            case .otherVersion(let version):
                let reason = "a bus speaks version \(version), and this one \(ControlMessage.version)"
                exchange.reporter.happened(.incompatible(endpoint: endpoint, reason: reason))
            }
        }
    }
}
