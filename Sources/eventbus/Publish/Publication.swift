import EventCore
import Foundation

/// The flow of `eventbus pub`: input becomes envelopes on a bus.
struct Publication: Sendable {
    enum Input: Sendable {
        case envelope(Envelope)
        /// The input is the payload of an envelope.
        case payload(InputFile, of: Envelope, EnvelopeLimits)
        case lines(LineReader)
    }

    let bus: any Bus
    let diagnostics: Diagnostics
    let wait: SubscriberWait?

    /// Publishes everything, once there are enough subscribers.
    ///
    /// - Throws: ``Interruption`` when the switch of the input is tripped, or the task cancelled, before it has published
    ///   what it was given; what the bus throws.
    func publish(_ input: Input) async throws {
        do {
            switch input {
            case .envelope(let envelope):
                try await publish(envelope)
            case .payload(let file, let envelope, let limits):
                guard let payload = try await file.readToEnd(limits) else { throw Interruption.reading(file.name) }
                try await publish(envelope.holding(json: payload))
            case .lines(var lines):
                let publisher = LinePublisher(bus: bus, diagnostics: diagnostics) { try await wait?(for: $0) }
                try await publisher.publish(&lines)
                if lines.isCutShort { throw Interruption.reading(lines.name) }
            }
        } catch is CancellationError {
            throw Interruption.waiting
        }
    }

    private func publish(_ envelope: Envelope) async throws {
        try await wait?(for: envelope)
        try await bus.publish(envelope)
    }

    /// Tells what did not reach everybody, where the bus knows that.
    func reportLosses() async {
        guard let link = bus.link else { return }
        for line in PublicationLosses(link.statistics, hasWaited: wait != nil).lines { await diagnostics.note(line) }
    }
}

/// A signal came before everything was published.
enum Interruption: Error, Equatable, CustomStringConvertible {
    /// While envelopes waited for subscribers.
    case waiting
    /// Before the end of an input, which has this name.
    case reading(String)

    var description: String {
        switch self {
        case .waiting: "interrupted while waiting for subscribers: nothing was published"
        case .reading(let name): "interrupted before the end of \(name): not all of it was published"
        }
    }
}

extension Envelope {
    /// The same envelope with JSON text as its payload, without the white space around it.
    func holding(json: Data) throws(EventError) -> Envelope {
        guard !TextEncoding.isUTF16(json) else { throw .payloadEncoding(TextEncoding.utf16Fault) }
        var envelope = self
        envelope.payload = json
        do {
            envelope.payload = try Envelope(jsonData: envelope.jsonData()).payload
        } catch {
            guard case .malformedEnvelope(let fault) = error else { throw error }
            let isWord = json.first.map { !#"{["0123456789+-"#.utf8.contains($0) } ?? false
            let hint = isWord ? #"; quote a string as in '"text"'"# : ""
            throw .payloadEncoding("it is no JSON text: \(fault)\(hint)")
        }
        guard envelope.payload != nil else { throw .payloadEncoding("\(subject): it is empty; leave it out for none") }
        return envelope
    }
}

extension InputFile {
    /// All of the file, or `nil` when its switch is tripped first.
    ///
    /// - Throws: When it cannot be read, or is longer than a payload may be.
    fileprivate func readToEnd(_ limits: EnvelopeLimits) async throws -> Data? {
        var contents = Data()
        while true {
            switch try await readChunk() {
            case .bytes(let bytes):
                contents += bytes
                try limits.check(payload: contents.count)
            case .end: return Data(TextEncoding.withoutMark(contents))
            case .stopped: return nil
            }
        }
    }
}
