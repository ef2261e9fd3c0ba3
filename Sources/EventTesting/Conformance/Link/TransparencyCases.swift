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
            // After and before 1970, which some systems count from, and the year after the one that is not set.
            for seconds in [788_918_400.5, -978_307_200.25, -63_082_281_600] {
                var envelope = try probe.envelope("set")
                envelope.id = "an id of its own, cafe\u{301}"
                envelope.time = Date(timeIntervalSinceReferenceDate: seconds)
                envelope.source = "a source, \"quoted\", cafe\u{301}"
                envelope.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
                envelope.spanID = "00f067aa0ba902b7"
                try await probe.expectUnchanged(envelope)
            }
        },
        ConformanceCase(
            "transparency.keepsRepeatedIDs",
            "P3",
            "Two envelopes with the same id both arrive.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe()
            for label in ["first", "second"] {
                var envelope = try probe.envelope(label)
                envelope.id = "the same"
                let received = try await probe.receive(envelope, from: subscription)
                try probe.expect("the label", received.label, is: label)
            }
        },
        ConformanceCase(
            "transparency.keepsTraceHeaders",
            "V7",
            "What headers say of a trace arrives unchanged: that it is not sampled, and its state.",
            needs: .accountsForLosses
        ) { probe in
            var envelope = try probe.envelope("traced")
            envelope.traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
            envelope.spanID = "00f067aa0ba902b7"
            envelope.headers["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
            envelope.headers["tracestate"] = "vendor=1"
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
            // `null` is a payload, and what is no JSON is somebody's payload, too.
            for payload in [json, "null", "\u{1}no JSON \"", "0"] {
                try await probe.expectUnchanged(Envelope(subject: probe.subject(), rawPayload: Data(payload.utf8)))
            }
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
                "lines": "a\nb\r\n\tc", "two code points": "cafe\u{301}", "control": "\u{0}\u{1}\u{1F}\u{7F}",
                "\u{1F511}": "\u{E9}\u{1F4E6}\u{2028}",
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
        try expect("the id", ExactText(received.id), is: ExactText(envelope.id))
        try expect("the time", received.time, is: envelope.time)
        try expect("the source", received.source.map(ExactText.init), is: envelope.source.map(ExactText.init))
        try expect("the headers", received.allHeaders.map(Header.init), is: envelope.allHeaders.map(Header.init))
        try expect("the payload", received.payload, is: envelope.payload)
        if envelope.traceID != nil {
            try expect("the trace", [received.traceID, received.spanID], is: [envelope.traceID, envelope.spanID])
        }
    }
}

/// A text that is compared by its bytes.
private struct ExactText: Equatable, CustomStringConvertible {
    let description: String

    init(_ text: String) {
        description = text
    }

    static func == (one: ExactText, other: ExactText) -> Bool {
        one.description.utf8.elementsEqual(other.description.utf8)
    }
}

/// A header as it is told.
private struct Header: Equatable, CustomStringConvertible {
    let name: ExactText
    let value: ExactText

    init(_ name: String, _ value: String) {
        (self.name, self.value) = (ExactText(name), ExactText(value))
    }

    var description: String { "\(name): \(value)" }
}
