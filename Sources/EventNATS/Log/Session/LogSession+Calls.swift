import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension LogSession {
    /// Asks, and reads the answer; asks again when the server says that it cannot answer yet.
    ///
    /// - Throws: ``EventError``, with the server's words and the number of its error, and `CancellationError`.
    func call<Answer: Decodable>(_ request: LogRequest, to operation: String, as type: Answer.Type) async throws
        -> Answer
    {
        do {
            return try await self.answer(request, to: operation)
        } catch let fault as StreamAPI.Fault {
            throw EventError.transport(fault.failure(operation))
        }
    }

    /// The same, where a refusal is thrown as it is.
    private func answer<Answer: Decodable>(_ request: LogRequest, to operation: String) async throws -> Answer {
        let deadline = ContinuousClock.now + timeout
        while true {
            let data = try await ask(request, to: operation)
            do {
                return try StreamAPI.read(data)
            } catch let fault as StreamAPI.Fault where fault.isPassing && ContinuousClock.now < deadline {
                try await AlarmClock.shared.sleep(for: RequestBook<Int>.pause)
            } catch let fault as StreamAPI.Fault {
                throw fault
            } catch {
                let text = String(decoding: data.prefix(200), as: UTF8.self)
                throw EventError.transport(TransportFailure(operation: operation, reason: "unreadable answer: \(text)"))
            }
        }
    }

    private func request(_ call: String, _ body: some Encodable) throws -> LogRequest {
        LogRequest(wire: StreamAPI.wire(call), body: try JSONEncoder().encode(body))
    }

    private func request(_ call: String) -> LogRequest { LogRequest(wire: StreamAPI.wire(call)) }

    // MARK: Streams

    func streamInfo() async throws -> StreamAPI.StreamInfo {
        try await call(request("STREAM.INFO.\(stream)"), to: "look at the log \(stream)", as: StreamAPI.StreamInfo.self)
    }

    /// Makes the stream of the log, or checks that it is as it should be.
    func openStream(_ configuration: NATSLogConfiguration) async throws -> StreamAPI.StreamInfo {
        let operation = "open the log \(stream)"
        let wanted = StreamAPI.StreamConfig(configuration, namespace)
        do {
            let info: StreamAPI.StreamInfo = try await answer(request("STREAM.INFO.\(stream)"), to: operation)
            if configuration.opening == .createOrCheck { try check(wanted, info) }
            return info
        } catch let fault as StreamAPI.Fault {
            guard fault.errorCode == StreamAPI.Fault.streamNotFound, configuration.opening == .createOrCheck else {
                throw EventError.transport(fault.failure(operation))
            }
        }
        do {
            let creation = try request("STREAM.CREATE.\(stream)", wanted)
            return try await answer(creation, to: operation)
        } catch let fault as StreamAPI.Fault {
            // Another program may have made it meanwhile, in its own way.
            if let info = try? await streamInfo() { try check(wanted, info) }
            throw EventError.transport(fault.failure(operation))
        }
    }

    private func check(_ wanted: StreamAPI.StreamConfig, _ info: StreamAPI.StreamInfo) throws(EventError) {
        guard let difference = wanted.difference(from: info.config) else { return }
        throw .invalidConfiguration("the stream \(stream) is there and differs: \(difference)")
    }

    // MARK: Consumers

    func createConsumer(_ config: StreamAPI.ConsumerConfig, named name: String) async throws -> StreamAPI.ConsumerInfo {
        let body = StreamAPI.ConsumerRequest(stream: stream, config: config)
        let creation = try request("CONSUMER.CREATE.\(stream).\(name)", body)
        return try await call(creation, to: "read the log \(stream)", as: StreamAPI.ConsumerInfo.self)
    }

    func consumerInfo(_ name: String) async throws -> StreamAPI.ConsumerInfo {
        let operation = "look at the consumer \(name) of the log \(stream)"
        return try await call(
            request("CONSUMER.INFO.\(stream).\(name)"),
            to: operation,
            as: StreamAPI.ConsumerInfo.self
        )
    }

    func deleteConsumer(_ name: String) async throws {
        let operation = "delete the consumer \(name) of the log \(stream)"
        _ = try await call(request("CONSUMER.DELETE.\(stream).\(name)"), to: operation, as: StreamAPI.Done.self)
    }
}

extension StreamAPI.Fault {
    /// In the server's words.
    func failure(_ operation: String) -> TransportFailure {
        TransportFailure(
            operation: operation,
            reason: description ?? "the server says error \(code)",
            code: errorCode.map { Int32(clamping: $0) } ?? Int32(clamping: code)
        )
    }
}

extension Namespace {
    /// What a stream takes of this namespace.
    func patterns(of info: StreamAPI.StreamInfo) -> [Pattern] {
        (info.config.subjects ?? []).compactMap { pattern(ofWire: $0) }
    }

    /// What a consumer is sent of this namespace.
    func pattern(of filter: String?) -> Pattern { filter.flatMap { pattern(ofWire: $0) } ?? ">" }

    private func pattern(ofWire text: String) -> Pattern? {
        let wire = Array(text.utf8)
        guard let range = range(in: wire.span) else { return nil }
        let bytes = SubjectEscape.text(of: wire.span.extracting(range))
        return try? Pattern(validating: String(decoding: bytes, as: UTF8.self))
    }
}

extension NATSLogInfo {
    init(_ info: StreamAPI.StreamInfo, subjects: [Pattern]) {
        let time = { (text: String?) in
            info.state.messages > 0 ? text.flatMap { Timestamp(rfc3339: $0)?.date } : nil
        }
        self.init(
            stream: info.config.name,
            subjects: subjects,
            storage: info.config.storage,
            retention: info.config.retention,
            replicas: info.config.replicas,
            leader: info.cluster?.leader,
            count: info.state.messages,
            bytes: info.state.bytes,
            firstSequence: info.state.firstSequence,
            lastSequence: info.state.lastSequence,
            firstTime: time(info.state.firstTime),
            lastTime: time(info.state.lastTime),
            consumers: info.state.consumers ?? 0
        )
    }
}
