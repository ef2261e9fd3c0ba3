import CZeroMQ
import EventCore
import EventTransport
import Foundation
import ProcessSupport
import Testing
import TransportSupport

@testable import EventZMQ

/// Which form of an envelope goes where.
@Suite(.timeLimit(.minutes(3))) struct CompactFormLinkTests {
    private static let compact: [UInt8] = [0xFE]

    private func received(_ frames: [[UInt8]]) throws -> [CompactDecoder.Received] {
        var decoder = CompactDecoder()
        var received: [CompactDecoder.Received] = []
        let payload = frames.count > 1 ? Data(frames[1]) : nil
        let frame = try #require(frames.first)
        try decoder.decode(frame.span, from: { nil }, payload: payload.map { data in { data } }) {
            received.append($0)
        }
        return received
    }

    @Test func `each subscriber gets the form that it asks for, and only that`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        let plain = RawSocket(ZMQ_SUB)
        plain.subscribe("a.")
        let compact = RawSocket(ZMQ_SUB)
        compact.subscribe(Self.compact + "a.".utf8)
        let exact = RawSocket(ZMQ_SUB)
        exact.subscribe(WirePrefix(of: "a.b").topic)
        for (socket, ready) in [(plain, "x"), (compact, "y"), (exact, "z")] {
            // Plain sockets are not told apart, but for what they have subscribed to.
            socket.subscribe(ready)
            #expect(socket.connect(address))
            #expect(try await publisher.hasSubscriber(of: Subject(validating: ready)))
        }
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a.*")

        let sent = ["a.b", "a.bc", "a.b"].map { (subject: Subject) in
            Envelope(subject: subject, rawPayload: Data("[1]".utf8), source: "s", headers: ["k": "v"])
        }
        for envelope in sent { try await publisher.publish(envelope) }
        for envelope in sent {
            #expect(await subscription.next(within: .seconds(20)) == envelope)
            let frames = plain.receive()
            #expect(frames.count == 3 && frames.first.map { Array($0) } == Array(envelope.subject.rawValue.utf8))
            let read = try received(compact.receive())
            #expect(read.map(\.envelope) == [envelope])
            #expect(read.first?.origin == publisher.id)
        }
        for envelope in [sent[0], sent[2]] { #expect(try received(exact.receive()).map(\.envelope) == [envelope]) }
        await subscriber.close()
        await publisher.close()
        #expect(subscriber.statistics.received == 3 && subscriber.statistics.malformed == 0)
        #expect(publisher.statistics.sent == 3 && subscriber.statistics.lost == 0)
    }

    @Test func `a subject is not sent to those who want one that begins with it`() async throws {
        let joined = try Joined()
        let subscription = try await joined.subscriber.subscribe(to: "a.b")
        for subject in ["a.bc", "a.b.c", "a.b"] as [Subject] {
            try await joined.publisher.publish(Envelope(subject: subject))
        }
        #expect(await subscription.next(within: .seconds(20))?.subject == "a.b")
        #expect(joined.publisher.statistics.sent == 1 && joined.publisher.statistics.unheard == 2)
        await joined.close()
        #expect(joined.subscriber.statistics.received == 1 && joined.subscriber.statistics.lost == 0)
    }

    @Test func `a publisher that is no bus may speak either form`() async throws {
        let address = Address.ipc()
        let plain = RawSocket(ZMQ_XPUB)
        #expect(plain.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(100) }
        let subscription = try await subscriber.subscribe(to: "a.b")
        #expect(plain.receive(until: [1] + "a.b".utf8).count == 1)
        #expect(plain.receive(until: [1] + WirePrefix(of: "a.b").topic).count == 1)
        plain.send("a.b", #"{"id":"plain"}"#, "1")
        let topic = WirePrefix(of: "a.b").topic
        func compact(_ id: String, _ payload: String = "") -> [UInt8] {
            [3, UInt8(id.utf8.count)] + Array(id.utf8) + [0, UInt8(payload.utf8.count)] + Array(payload.utf8)
        }
        plain.send([topic + compact("compact", "2")])
        plain.send([topic + compact("two"), Array("33".utf8)])
        plain.send([topic + compact("few") + compact("more")])
        for (id, payload) in [("plain", "1"), ("compact", "2"), ("two", "33"), ("few", nil), ("more", nil)] {
            let envelope = await subscription.next(within: .seconds(20))
            #expect(envelope?.id == id && envelope?.payload == payload.map { Data($0.utf8) })
            #expect(envelope?.origin == nil)
        }
        await subscriber.close()
        #expect(subscriber.statistics.malformed == 0)
    }

    /// A bus that subscribes to `a` at something that is none, and has been heard there.
    private func subscribedToRaw() async throws -> (RawSocket, ZMQBus, Subscription) {
        let address = Address.ipc()
        let raw = RawSocket(ZMQ_XPUB)
        #expect(raw.bind(address))
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(100) }
        let subscription = try await subscriber.subscribe(to: "a")
        #expect(raw.receive(until: [1, 0xFE, 0x61, 0xFF]).count == 1)
        return (raw, subscriber, subscription)
    }

    @Test func `what comes twice behind something that names no bus is taken once`() async throws {
        let (raw, subscriber, subscription) = try await subscribedToRaw()
        let id = EventIdentifier(Array("c8q3t0g1k2l3m4n5o6o0".utf8).span)
        let origin = try #require(id)
        for number in 1...3 as ClosedRange<UInt64> {
            let envelope = Envelope(subject: "a")
            let frame = try CompactWriter.with { writer throws(EventError) in
                writer.begin("a")
                try writer.fields(of: envelope, number: number, origin: origin, payloadCount: 0)
                return writer.withBytes { bytes in (0..<bytes.count).map { bytes[$0] } }
            }
            // The second of them is lost in its compact form.
            if number != 2 { raw.send([frame]) }
            raw.send("a", #"{"origin":"\#(origin.text)","id":"\#(number)","n":\#(number)}"#, "")
            #expect(await subscription.next(within: .seconds(20))?.id == (number == 2 ? "2" : envelope.id))
        }
        raw.send("a", #"{"id":"last"}"#, "")
        #expect(await subscription.next(within: .seconds(20))?.id == "last")
        await subscriber.close()
    }

    @Test func `envelopes of several buses in one message are taken each as its own, up to a fault`() async throws {
        let (raw, subscriber, subscription) = try await subscribedToRaw()
        let texts = ["c8q3t0g1k2l3m4n5o6o0", "c8q3t0g1k2l3m4n5o6og", subscriber.id]
        let origins = texts.compactMap { EventIdentifier(Array($0.utf8).span) }
        try #require(origins.count == texts.count)
        let envelopes = (0..<8).map { Envelope(subject: "a", rawPayload: Data("payload number \($0)".utf8)) }
        // The last bus is the subscriber itself, whose own envelopes come back to it.
        let places: [Int?] = [0, 0, 1, 2, 2, nil, 1, 0]
        var frame = try CompactWriter.with { writer throws(EventError) in
            writer.begin("a")
            for (number, envelope) in envelopes.enumerated() {
                let origin = places[number].map { origins[$0] }
                let count = envelope.payloadCount
                try writer.fields(of: envelope, number: UInt64(number + 1), origin: origin, payloadCount: count)
                envelope.withPayload { writer.payload($0) }
            }
            return writer.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        }
        frame += [200, 200]
        raw.send([frame])
        for (number, envelope) in envelopes.enumerated() where places[number] != 2 {
            let received = await subscription.next(within: .seconds(20))
            #expect(received == envelope)
            #expect(received?.origin == places[number].map { texts[$0] })
        }
        // Of those of the first bus the plain form is known, up to the last number.
        for number in [1, 8, 9] {
            raw.send("a", #"{"origin":"\#(texts[0])","id":"\#(number)","n":\#(number)}"#, "")
        }
        #expect(await subscription.next(within: .seconds(20))?.id == "9")
        await subscriber.close()
        #expect(subscriber.statistics.received == 7)
        #expect(subscriber.statistics.echoes == 2)
        #expect(subscriber.statistics.malformed == 1)
    }

    @Test(arguments: [false, true])
    func `through a proxy each envelope comes once, and none counts as lost`(_ hasPlainSubscriber: Bool) async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = Address.ipc()
        let proxy = try PlainProxy(to: #require(publisher.boundEndpoints.first), at: address)
        let plain = RawSocket(ZMQ_SUB)
        if hasPlainSubscriber {
            plain.subscribe("a.")
            #expect(plain.connect(address))
        }
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.confirmationTimeout = .milliseconds(100) }
        let subscription = try await subscriber.subscribe(to: "a.*", options: .init(bufferCapacity: 1 << 14))
        #expect(try await publisher.hasSubscriber(of: "a.b"))
        // The proxy may pass on one form of the subscription before the other.
        repeat {
            try await publisher.publish(Envelope(subject: "a.first"))
        } while await subscription.next(
            within: .milliseconds(100)
        ) == nil
        let sent = (1...300).map { Envelope(subject: "a.b", rawPayload: Data("\($0)".utf8)) }
        for envelope in sent { try await publisher.publish(envelope) }
        try await publisher.publish(Envelope(subject: "a.last"))
        var received: [Data?] = []
        while let envelope = await subscription.next(within: .seconds(20)), envelope.subject != "a.last" {
            if envelope.subject == "a.b" { received.append(envelope.payload) }
        }
        #expect(received == sent.map(\.payload))
        if hasPlainSubscriber {
            var texts: [[UInt8]] = []
            while let frames = Optional(plain.receive(until: Array("a.b".utf8))), frames.count == 3 {
                texts.append(frames[2])
                if texts.count == sent.count { break }
            }
            #expect(texts == (1...300).map { Array("\($0)".utf8) })
        }
        #expect(subscriber.statistics.lost == 0)
        await subscriber.close()
        await publisher.close()
        proxy.end()
        #expect(subscriber.statistics.lost == 0)
    }

    @Test func `a bus that does not know the compact form is served in plain`() async throws {
        let bus = "c8q3t0g1k2l3m4n5o6o0"
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let raw = RawSocket(ZMQ_XSUB)
        raw.pretend(toBe: bus)
        #expect(try raw.connect(#require(publisher.boundEndpoints.first)))
        let inbox = ControlTopic.inbox(bus: bus).bytes
        let interest = ControlTopic.interest(bus: bus, incarnation: 1, prefix: .text("a.")).bytes
        let presence = ControlTopic.presence(bus: bus).bytes
        for topic in [inbox, Array("a.".utf8), interest, presence] { raw.send([[1] + topic]) }
        #expect(try await publisher.hasSubscriber(of: "a.b"))
        try await publisher.publish(Envelope(subject: "a.b"))
        let frames = raw.receive(until: Array("a.b".utf8))
        #expect(frames.count == 3)
        // It is told that there was one.
        while let message = LedgerMessage(frames: Array(raw.receive(until: inbox).dropFirst())) {
            if message.lines.map(\.total) == [1] { break }
        }
        for topic in [interest, Array("a.".utf8)] { raw.send([[0] + topic]) }
        try await eventually { try await !publisher.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .zero) }
        await publisher.close()
    }

    @Test(arguments: ["3", "1", "nonsense"])
    func `a peer of another version is told with both`(_ version: String) async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let events = publisher.events
        let other = RawSocket(ZMQ_SUB)
        other.say(PeerIdentity.property, PeerIdentity(bus: "c8q3t0g1k2l3m4n5o6o0").text)
        other.say(WireVersion.property, version)
        other.subscribe("a")
        #expect(try other.connect(#require(publisher.boundEndpoints.first)))
        let spoken = Int(version) ?? 1
        for await event in events {
            guard case .incompatible(_, let reason) = event else { continue }
            #expect(reason.contains("version \(spoken) of the wire format, this one 2"), "\(reason)")
            break
        }
        await publisher.close()
    }

    @Test func `payloads of all lengths arrive in either form, and do not change under way`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        let plain = RawSocket(ZMQ_SUB)
        plain.subscribe("a")
        #expect(plain.connect(address))
        #expect(try await publisher.hasSubscriber(of: "a", atLeast: 1))
        let subscriber = try ZMQBus.subscriber(at: .connect(address))
        let subscription = try await subscriber.subscribe(to: "a")
        for count in [0, 1, 14, 15, 900, 1100, 16_383, 16_384, 16_385, 65_000] {
            var payload = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            let sent = payload
            try await publisher.publish(Envelope(subject: "a", rawPayload: payload))
            for place in payload.indices { payload[place] = 0xAA }
            #expect(await (subscription.next(within: .seconds(20))?.payload ?? Data()) == sent)
            #expect(plain.receive().last.map { Data($0) } == sent)
        }
        // A part of other data begins elsewhere in its memory.
        let whole = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        try await publisher.publish(Envelope(subject: "a", rawPayload: whole[1000..<90_001]))
        #expect(await subscription.next(within: .seconds(20))?.payload == whole[1000..<90_001])
        await subscriber.close()
        await publisher.close()
        #expect(subscriber.statistics.lost == 0)
    }

    @Test func `what fits only as a frame of its own is sent so`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc())) { $0.maximumMessageSize = 1024 }
        let address = try #require(publisher.boundEndpoints.first)
        let subscriber = try ZMQBus.subscriber(at: .connect(address)) { $0.maximumMessageSize = 1024 }
        let subscription = try await subscriber.subscribe(to: "a")
        for count in [1024, 1000, 900, 1] {
            try await publisher.publish(Envelope(subject: "a", rawPayload: Data(count: count)))
            #expect(await subscription.next(within: .seconds(20))?.payload?.count == count)
        }
        let long = try Subject(validating: String(repeating: "a", count: 1000))
        let ofLong = try await subscriber.subscribe(to: Pattern(long))
        let error = await #expect(throws: EventError.self) { try await publisher.publish(Envelope(subject: long)) }
        guard case .transport(let failure)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(failure.reason.hasPrefix("subject and header: 10"), "\(failure.reason)")
        #expect(failure.reason.hasSuffix("maximumMessageSize 1024"), "\(failure.reason)")
        ofLong.close()
        await subscriber.close()
        await publisher.close()
    }

    /// A bus asks for the plain form as well, for publishers that are none; that does not make others send it.
    @Test func `whoever leaves does not end what another gets`() async throws {
        let publisher = try ZMQBus.publisher(at: .bind(Address.ipc()))
        let address = try #require(publisher.boundEndpoints.first)
        let plain = RawSocket(ZMQ_SUB)
        plain.subscribe("a.")
        #expect(plain.connect(address))
        #expect(try await publisher.hasSubscriber(of: "a.b", atLeast: 1))
        for round in 0..<5 {
            let subscriber = try ZMQBus.subscriber(at: .connect(address))
            let subscription = try await subscriber.subscribe(to: "a.*")
            #expect(try await publisher.hasSubscriber(of: "a.b", atLeast: 2))
            #expect(try await !publisher.waitForSubscribers(of: "a.b", atLeast: 3, timeout: .milliseconds(20)))
            try await publisher.publish(Envelope(subject: "a.b", rawPayload: Data("\(round)".utf8)))
            #expect(await subscription.next(within: .seconds(20)) != nil)
            #expect(plain.receive().last == Array("\(round)".utf8))
            await subscriber.close()
            try await publisher.publish(Envelope(subject: "a.b"))
            #expect(plain.receive().count == 3)
        }
        await publisher.close()
    }
}
