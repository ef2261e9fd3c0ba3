import EventCore
import InMemoryLogging
import LinkRuntime
import Logging
import Testing

@Suite struct BusReporterTests {
    @Test func `what peers say writes no line of the log`() {
        let handler = InMemoryLogHandler()
        let reporter = BusReporter(logger: Logger(label: "zmq") { _ in handler })
        let forged = "x\r\nERROR\u{1B}[2J\u{2028}\u{202E}"
        reporter.happened(.malformed(endpoint: forged, reason: forged))
        reporter.happened(.refused(endpoint: forged, reason: forged))
        reporter.happened(.disconnected(endpoint: forged, reason: forged))
        reporter.happened(.subscriberJoined(forged))
        reporter.happened(.unconfirmed(pattern: "a", missing: [forged]))
        reporter.lost(LinkLoss(count: 1, prefix: forged, origin: forged, endpoint: forged), byPrefix: [:])
        reporter.failed(.transport(TransportFailure(operation: forged, reason: forged)))
        let entries = handler.entries
        #expect(entries.count == 7)
        for entry in entries {
            let texts = entry.metadata.values.map { "\($0)" }
            #expect(texts.contains { $0.contains("x\\r\\nERROR\\u{1B}[2J\\u{2028}\\u{202E}") })
            #expect(texts.allSatisfy { $0.utf8.elementsEqual($0.printable.utf8) })
        }
    }
}
