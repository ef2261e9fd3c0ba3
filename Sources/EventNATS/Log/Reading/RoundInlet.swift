/// Reads what comes over one subscription after the other, and has to tell them apart.
protocol RoundReader: Sendable {
    /// A message has come.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - round: The number of its subscription.
    func received(_ message: borrowing NATSMessage, from round: UInt64)
}

/// Gets what comes over one of the subscriptions of a reader.
final class RoundInlet: MessageReceiver {
    private let reader: any RoundReader
    private let round: UInt64

    init(_ reader: any RoundReader, round: UInt64) {
        (self.reader, self.round) = (reader, round)
    }

    func received(_ message: borrowing NATSMessage) { reader.received(message, from: round) }
}
