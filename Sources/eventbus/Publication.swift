import EventCore
import EventZMQ
import Foundation

/// The flow of `eventbus pub`: input becomes envelopes on a bus.
struct Publication: Sendable {
    enum Input: Sendable {
        case envelope(Envelope)
        /// The input is the payload of an envelope.
        case payload(InputFile, of: Envelope)
        case lines(LineReader)
    }

    let bus: any Bus
    let diagnostics: Diagnostics
    let wait: SubscriberWait?

    /// Publishes everything, once there are enough subscribers.
    ///
    /// - Returns: How many envelopes were published.
    func publish(_ input: Input) async throws -> Int {
        switch input {
        case .envelope(let envelope): return try await publish(envelope)
        case .payload(let file, let envelope):
            guard let payload = try await file.readToEnd() else { return 0 }
            return try await publish(envelope.holding(json: payload))
        case .lines(let lines):
            let publisher = LinePublisher(bus: bus, diagnostics: diagnostics) { try await wait?(for: $0) }
            return try await publisher.publish(lines)
        }
    }

    private func publish(_ envelope: Envelope) async throws -> Int {
        try await wait?(for: envelope)
        try await bus.publish(envelope)
        return 1
    }

    /// Tells what nobody was there to receive, where the bus knows that.
    func reportLosses(of published: Int) async {
        guard let statistics = (bus as? ZMQBus)?.statistics else { return }
        let unheard = published - statistics.sent
        if unheard > 0 {
            let next = wait == nil ? "; --wait-for-subscribers 1 waits for one" : ""
            await diagnostics.note("\(unheard) of \(published) envelopes had no subscriber\(next)")
        }
        if statistics.sendQueueDropEpisodes > 0 {
            await diagnostics.note(
                "a subscriber was too slow and lost envelopes; a greater sendHighWaterMark holds more"
            )
        }
    }
}

extension Envelope {
    /// The same envelope with JSON text as its payload, without the white space around it.
    func holding(json: Data) throws(EventError) -> Envelope {
        var envelope = self
        envelope.payload = json
        do {
            envelope.payload = try Envelope(jsonData: envelope.jsonData()).payload
        } catch {
            throw .payloadEncoding("it is no JSON text; quote a string as in '\"text\"'")
        }
        guard envelope.payload != nil else { throw .payloadEncoding("it is empty; leave it out for none") }
        return envelope
    }
}

extension InputFile {
    /// All of the file, or `nil` when its switch is tripped first.
    fileprivate func readToEnd() async throws -> Data? {
        var contents = Data()
        while true {
            switch try await readChunk() {
            case .bytes(let bytes): contents += bytes
            case .end: return contents
            case .stopped: return nil
            }
        }
    }
}
