import EventCore
import Foundation
import Testing

@testable import EventNATS

@Suite struct SendQueueTests {
    private func envelope(_ count: Int = 0) -> OutgoingEnvelope {
        OutgoingEnvelope(wire: [97, 0], header: [], number: 1, payload: Data(count: count))
    }

    @Test func `is bounded in number, and tells each episode once`() {
        var queue = SendQueue(capacity: 2, byteCapacity: 1 << 20)
        #expect(queue.add(envelope()) == .added)
        #expect(queue.add(envelope()) == .added)
        #expect(queue.add(envelope()) == .dropped(isNew: true))
        #expect(queue.add(envelope()) == .dropped(isNew: false))
        #expect(queue.take().count == 2)
        // What was taken counts until it has left.
        #expect(queue.add(envelope()) == .dropped(isNew: false))
        queue.sent(2, bytes: 2 * envelope().size)
        #expect(queue.isDone)
        #expect(queue.bytes == 0)
        #expect(queue.add(envelope()) == .added)
        #expect(queue.add(envelope()) == .added)
        #expect(queue.add(envelope()) == .dropped(isNew: true))
    }

    @Test func `is bounded in bytes, but takes one of any size`() {
        var queue = SendQueue(capacity: 100, byteCapacity: 1000)
        #expect(queue.add(envelope(5000)) == .added)
        #expect(queue.add(envelope()) == .dropped(isNew: true))
        queue.sent(1, bytes: envelope(5000).size)
        #expect(queue.add(envelope(500)) == .added)
        #expect(queue.add(envelope(500)) == .dropped(isNew: true))
    }

    @Test func `what is told of envelopes stands behind them, and needs no room`() {
        var queue = SendQueue(capacity: 1, byteCapacity: 1 << 20)
        #expect(queue.add(envelope()) == .added)
        queue.add(ControlNote(wire: [0], reply: nil, message: .bye(bus: "x")))
        let items = queue.take()
        guard case .envelope = items.first, case .note = items.last else {
            Issue.record("they are \(items)")
            return
        }
        #expect(items.count == 2)
        #expect(!queue.isDone)
    }

    @Test func `a run has its subject once, and each envelope its number`() throws {
        var message: [UInt8] = []
        let labels = ["first", "second", "third"]
        for (place, label) in labels.enumerated() {
            let envelope = Envelope(subject: "a.b", rawPayload: Data(label.utf8), headers: ["n": label])
            let outgoing = try CompactWriter.with { writer in
                writer.begin(envelope.subject)
                let number = writer.count + CompactForm.offsetOfNumber
                try writer.fields(of: envelope, number: 0, origin: nil, payloadCount: envelope.payloadCount)
                let body = writer.withBytes { bytes in bytes.indices.map { bytes[$0] } } + Array(label.utf8)
                return OutgoingEnvelope(
                    wire: [97, 0],
                    header: body,
                    number: UInt64(place) << 40 + 7,
                    payload: nil,
                    placeOfNumber: number
                )
            }
            outgoing.appendBody(to: &message)
        }
        // The byte behind the subject alone may also be in an id or a time.
        let subject = [CompactForm.firstByte] + Array("a.b".utf8) + [CompactForm.endOfSubject]
        #expect(message.indices.count { message[$0...].starts(with: subject) } == 1)
        var decoder = CompactDecoder()
        var received: [CompactDecoder.Received] = []
        try decoder.decode(message.span, from: { nil }) { received.append($0) }
        #expect(received.map(\.number) == [7, 1 << 40 + 7, 2 << 40 + 7])
        #expect(received.map { String(decoding: $0.envelope.payload ?? Data(), as: UTF8.self) } == labels)
        #expect(received.map(\.envelope.headers) == labels.map { ["n": $0] })
    }

    @Test func `a header ends with its number, as C text`() {
        let outgoing = OutgoingEnvelope(wire: [0], header: Array(#"{"v":1"#.utf8), number: 120, payload: nil)
        var header: [UInt8] = [1, 2, 3]
        outgoing.writeHeader(to: &header)
        #expect(String(decoding: header, as: UTF8.self) == "{\"v\":1,\"n\":120}\0")
    }
}
