import EventCore

/// Envelopes that follow each other in one message, on one subject and from the same bus.
struct EnvelopeRun {
    private(set) var envelopes: [Envelope] = []
    /// The numbers of those that have one.
    private(set) var numbers: [UInt64] = []
    private(set) var origin: String?
    /// Whether the envelopes say themselves which bus that is.
    private(set) var namesOrigin = false

    /// Whether an envelope may be added.
    func takes(_ received: CompactDecoder.Received) -> Bool {
        envelopes.isEmpty || namesOrigin == received.namesOrigin && origin == received.origin
    }

    mutating func append(_ received: consuming CompactDecoder.Received) {
        if envelopes.isEmpty { (origin, namesOrigin) = (received.origin, received.namesOrigin) }
        if let number = received.number { numbers.append(number) }
        envelopes.append(received.envelope)
    }

    /// Moves the envelopes behind others, and keeps the memory.
    mutating func move(behind others: inout [Envelope]) {
        if others.isEmpty { swap(&envelopes, &others) } else { others += envelopes }
        removeAll()
    }

    /// Forgets all, and keeps the memory.
    mutating func removeAll() {
        envelopes.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        origin = nil
    }
}
