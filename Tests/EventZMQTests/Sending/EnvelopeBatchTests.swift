import CZeroMQ
import EventCore
import Foundation
import Testing
import TransportSupport

@testable import EventZMQ

/// Envelopes that leave together.
@Suite(.timeLimit(.minutes(3))) struct EnvelopeBatchTests {
    /// Adds an envelope to a batch, with nothing but a payload.
    private func add(_ payload: [UInt8], _ number: UInt64, to batch: EnvelopeBatch) throws -> Bool {
        let envelope = Envelope(subject: batch.subject, rawPayload: Data(payload))
        return try CompactWriter.with { writer in
            writer.begin(batch.subject)
            let start = writer.count
            try writer.fields(of: envelope, number: 0, origin: nil, payloadCount: payload.count)
            return writer.withBytes { batch.append($0, fieldsAt: start, payload.span, number: number) }
        }
    }

    private func read(_ bytes: [UInt8]) throws -> [CompactDecoder.Received] {
        var decoder = CompactDecoder()
        var received: [CompactDecoder.Received] = []
        try decoder.decode(bytes.span, from: { nil }) { received.append($0) }
        return received
    }

    @Test func `a batch holds so many envelopes, each with its number and payload`() throws {
        let underWay = EnvelopeBatch.UnderWay()
        var batch: EnvelopeBatch? = EnvelopeBatch(of: "a.b", underWay)
        let payloads = (1...EnvelopeBatch.envelopeCapacity).map { [UInt8](repeating: UInt8($0 & 0xFF), count: $0 % 60) }
        for (payload, number) in zip(payloads, UInt64(1)...) { #expect(try add(payload, number, to: #require(batch))) }
        #expect(try !add([], 0, to: #require(batch)))
        #expect(underWay.envelopeCount == EnvelopeBatch.envelopeCapacity)
        let received = try read(unsafe Array(#require(batch).frame))
        #expect(received.map(\.number) == (1...UInt64(EnvelopeBatch.envelopeCapacity)).map { $0 })
        #expect(received.map { Array($0.envelope.payload ?? Data()) } == payloads)
        #expect(received.allSatisfy { $0.envelope.subject == "a.b" })
        batch = nil
        #expect(underWay.envelopeCount == 0)
    }

    @Test func `a batch holds so many bytes, and what does not fit changes nothing`() throws {
        let batch = EnvelopeBatch(of: "a", EnvelopeBatch.UnderWay())
        var count = 0
        while try add([UInt8](repeating: 7, count: 900), UInt64(count), to: batch) { count += 1 }
        let bytes = unsafe Array(batch.frame)
        #expect((EnvelopeBatch.byteCapacity - 1000...EnvelopeBatch.byteCapacity).contains(bytes.count))
        #expect(try read(bytes).count == count)
    }

    @Test func `a batch that is sealed is what it was`() throws {
        let batch = EnvelopeBatch(of: "a", EnvelopeBatch.UnderWay())
        for number in 1...3 { #expect(try add([UInt8(number)], UInt64(number), to: batch)) }
        let bytes = unsafe Array(batch.frame)
        batch.seal()
        #expect(unsafe Array(batch.frame) == bytes)
        #expect(try read(bytes).map { $0.envelope.payload?.first } == [1, 2, 3])
    }

    @Test func `many between two looks are busy, and few are not`() {
        var meter = BusyMeter(limit: 2)
        for _ in 1...2 { meter.sent() }
        #expect(!meter.isBusy)
        meter.sent()
        #expect(meter.isBusy)
        meter.look()
        #expect(meter.isBusy)
        meter.look()
        #expect(!meter.isBusy)
    }

    // MARK: Links

    private static let count = 20_000

    private func publisher() throws -> ZMQBus {
        let configuration = ZMQBusConfiguration(publish: [.bind(Address.ipc())], subscribe: [])
        return try ZMQBus(configuration: configuration, busyLimit: 0)
    }

    /// Runs on three subjects, with something else between them.
    private func envelope(_ number: Int) -> Envelope {
        let subject: Subject = number % 1000 == 999 ? "a.rare" : number % 500 < 400 ? "a.b" : "a.c"
        let length = number % 100 == 7 ? 2000 : number % 60
        return Envelope(subject: subject, rawPayload: Data(repeating: 65, count: length), source: "\(number)")
    }

    @Test func `what leaves together arrives whole and in order, for buses and plain sockets`() async throws {
        let publisher = try publisher()
        let address = try #require(publisher.boundEndpoints.first)
        let (plain, compact) = (RawSocket(ZMQ_SUB), RawSocket(ZMQ_SUB))
        plain.subscribe("a.rare")
        compact.subscribe([0xFE] + "a.b".utf8)
        for (socket, ready) in [(plain, "x"), (compact, "y")] {
            socket.subscribe(ready)
            #expect(socket.connect(address))
            #expect(try await publisher.hasSubscriber(of: Subject(validating: ready)))
        }
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a.>", options: wholeRun)
        for number in 0..<Self.count { try await publisher.publish(envelope(number)) }
        for number in 0..<Self.count {
            let received = await subscription.next(within: .seconds(20))
            try #require(received?.source == "\(number)", "\(String(describing: received)) instead of \(number)")
            #expect(received?.subject == envelope(number).subject)
            #expect(received?.payload?.count ?? 0 == envelope(number).payload?.count ?? 0)
        }
        #expect(subscriber.statistics.lost == 0 && subscriber.statistics.malformed == 0)
        #expect(publisher.statistics.sent == Self.count)
        for number in 0..<Self.count / 1000 {
            let frames = plain.receive()
            #expect(frames.count == 3)
            let header = String(decoding: frames.dropFirst().first ?? [], as: UTF8.self)
            #expect(header.contains(#""source":"\#(number * 1000 + 999)""#), "\(header)")
        }
        // The first one of them left alone, before the sockets were busy.
        var (messages, envelopes) = (0, 0)
        while envelopes < Self.count * 4 / 5 - Self.count / 100 {
            let frames = compact.receive()
            try #require(!frames.isEmpty)
            if frames.count > 1 { continue }
            messages += 1
            envelopes += try read(frames[0]).count
        }
        #expect(messages * 2 < envelopes)
        await subscriber.close()
        await publisher.close()
    }

    @Test func `whoever takes no message as long as a batch gets each envelope alone`() async throws {
        let publisher = try publisher()
        let address = try #require(publisher.boundEndpoints.first)
        let compact = RawSocket(ZMQ_SUB)
        compact.subscribe([0xFE] + "a".utf8)
        #expect(compact.connect(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.maximumMessageSize = 1024 }
        let subscription = try await subscriber.subscribe(to: "a", options: wholeRun)
        for number in 0..<Self.count {
            try await publisher.publish(Envelope(subject: "a", source: "\(number)"))
        }
        for number in 0..<Self.count {
            let received = await subscription.next(within: .seconds(20))
            try #require(received?.source == "\(number)")
        }
        #expect(subscriber.statistics.lost == 0 && subscriber.statistics.restartedConnections == 0)
        for _ in 0..<100 { #expect(try read(compact.receive().first ?? []).count == 1) }
        await subscriber.close()
        await publisher.close()
    }

    @Test func `what was published last is not left behind, however the publisher goes on`() async throws {
        let publisher = try publisher()
        let address = try #require(publisher.boundEndpoints.first)
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        for round in 0..<200 {
            for number in 0...round % 5 {
                try await publisher.publish(Envelope(subject: "a", source: "\(round) \(number)"))
            }
            for number in 0...round % 5 {
                #expect(await subscription.next(within: .seconds(20))?.source == "\(round) \(number)")
            }
        }
        // A bus that is closed sends what is left, within its linger.
        for number in 0..<10 { try await publisher.publish(Envelope(subject: "a", source: "last \(number)")) }
        await publisher.close()
        for number in 0..<10 { #expect(await subscription.next(within: .seconds(20))?.source == "last \(number)") }
        #expect(subscriber.statistics.lost == 0)
        await subscriber.close()
    }

    private var wholeRun: SubscriptionOptions {
        SubscriptionOptions(bufferCapacity: Self.count, backpressure: .block)
    }
}
