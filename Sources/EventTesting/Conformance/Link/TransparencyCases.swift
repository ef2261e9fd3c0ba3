import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What a bus must not change: everything that is set.
enum TransparencyCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "transparency.keepsSetFields",
            "P2",
            "Fields that are set arrive unchanged.",
            needs: .accountsForLosses
        ) { probe in
            var envelope = try probe.envelope("set")
            envelope.id = "an id of its own"
            envelope.time = Date(timeIntervalSinceReferenceDate: 788_918_400.5)
            envelope.source = "a source, \"quoted\""
            envelope.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
            envelope.spanID = "00f067aa0ba902b7"
            try await probe.expectUnchanged(envelope)
        },
        ConformanceCase(
            "transparency.keepsAbsentFields",
            "P2",
            "A payload or source that is not set stays unset.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe()
            let received = try await probe.receive(Envelope(subject: probe.subject()), from: subscription)
            try probe.expect("the payload", received.payload, is: nil)
            try probe.expect("the source", received.source, is: nil)
            try probe.expect("the headers", received.headers, is: [:])
        },
        ConformanceCase(
            "transparency.keepsPayloadBytes",
            "V7",
            "The payload arrives byte for byte.",
            needs: .accountsForLosses
        ) { probe in
            let json = " { \"b\" : 1.0e+2, \"a\" : \"\\u00e9\\/\u{E9} \u{1F4E6}\", \"a\" : [ ] , \"n\": -0 }\n"
            try await probe.expectUnchanged(Envelope(subject: probe.subject(), rawPayload: Data(json.utf8)))
        },
        ConformanceCase(
            "transparency.keepsLargePayloads",
            "V7",
            "A payload of a quarter of a mebibyte arrives byte for byte.",
            needs: .accountsForLosses
        ) { probe in
            let text = String(repeating: "seventeen letters", count: 256 * 1024 / 17)
            try await probe.expectUnchanged(Envelope(subject: probe.subject(), rawPayload: Data("\"\(text)\"".utf8)))
        },
        ConformanceCase(
            "transparency.keepsHeaders",
            "V7",
            "Headers arrive unchanged, whatever text they hold.",
            needs: .accountsForLosses
        ) { probe in
            let headers = [
                "empty": "", "": "empty key", "run_id": "r1", "quoted \"key\"": "back\\slash",
                "lines": "a\nb\r\n\tc", "control": "\u{0}\u{1}\u{1F}\u{7F}", "\u{1F511}": "\u{E9}\u{1F4E6}\u{2028}",
                "long": String(repeating: "x", count: 10_000),
            ]
            var envelope = try Envelope(subject: probe.subject(), headers: headers)
            // Names that Swift calls equal, and other languages do not.
            envelope.setHeader("one code point", named: "\u{E9}")
            envelope.setHeader("two code points", named: "e\u{301}")
            try await probe.expectUnchanged(envelope)
        },
        ConformanceCase(
            "transparency.keepsSubject",
            "V7",
            "An envelope arrives with the subject it was published on.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe(to: ">")
            for topic in ["orders.eu", "orders.Eu", "caf\u{E9}.cafe\u{301}", "a b.\"c\""] {
                let received = try await probe.receive(probe.envelope("a", on: topic), from: subscription)
                try probe.expect("the subject", received.subject, is: try probe.subject(topic))
            }
        },
    ]
}

extension ConformanceProbe {
    fileprivate func expectUnchanged(_ envelope: Envelope) async throws {
        let subscription = try await subscribe()
        let received = try await receive(envelope, from: subscription)
        try expect("the id", received.id, is: envelope.id)
        try expect("the time", received.time, is: envelope.time)
        try expect("the source", received.source, is: envelope.source)
        try expect("the headers", received.allHeaders.map(Header.init), is: envelope.allHeaders.map(Header.init))
        try expect("the payload", received.payload, is: envelope.payload)
        if envelope.traceID != nil {
            try expect("the trace", [received.traceID, received.spanID], is: [envelope.traceID, envelope.spanID])
        }
    }
}

/// A header as it is told; names and values are compared by bytes.
private struct Header: Equatable, CustomStringConvertible {
    let name: String
    let value: String

    var description: String { "\(name): \(value)" }

    static func == (one: Header, other: Header) -> Bool {
        one.name.utf8.elementsEqual(other.name.utf8) && one.value.utf8.elementsEqual(other.value.utf8)
    }
}
