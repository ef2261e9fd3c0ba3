import Instrumentation
import ServiceContextModule

/// The `traceparent` field of W3C Trace Context: `00-<trace id>-<span id>-<flags>`.
package struct TraceParent: Hashable, Sendable {
    package static let fieldName = "traceparent"

    package var traceID: String
    package var spanID: String
    /// Two hexadecimal digits, of which the lowest bit says whether the publisher's trace is sampled.
    package var flags: String

    package init(traceID: String, spanID: String, flags: String = sampledAlone) {
        (self.traceID, self.spanID, self.flags) = (traceID, spanID, flags)
    }

    /// Parses a field, by the rules of W3C Trace Context, section 3.2.
    package init?(_ field: String) {
        let parts = field.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isID(parts[0], 2), parts[0] != "ff", Self.isID(parts[1], 32),
            Self.isID(parts[2], 16), Self.isID(parts[3], 2), parts[0] != "00" || parts.count == 4
        else { return nil }
        guard parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }) else { return nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), flags: String(parts[3]))
    }

    /// Finds the field among headers, by its name in any case.
    package init?(in headers: [String: String]) {
        guard let field = headers.field(named: Self.fieldName) else { return nil }
        self.init(field)
    }

    /// The text of the field.
    package var field: String { "00-\(traceID)-\(spanID)-\(flags)" }

    /// The flags that an envelope needs no header for: its ids alone say that the trace is sampled, and no more.
    package static let sampledAlone = "01"

    /// Whether the ids say it all.
    package var isSampledAlone: Bool { flags == Self.sampledAlone }

    /// Whether both are about one span, whatever they say about sampling.
    package func isSameSpan(as other: TraceParent?) -> Bool {
        traceID == other?.traceID && spanID == other?.spanID
    }

    /// What the bootstrapped instrument writes of the task's context; costs one task-local read when there is none.
    package static var current: TraceParent? {
        guard let context = ServiceContext.current else { return nil }
        if let own = standing(in: context) { return own }
        var fields: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &fields, using: Fields())
        return TraceParent(in: fields)
    }

    /// Whether the task carries no context at all; costs one task-local read.
    static var isAbsent: Bool { ServiceContext.current == nil }

    private static func isID(_ text: Substring, _ width: Int) -> Bool {
        text.utf8.count == width && text.utf8.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
    }

    /// Reads and writes fields of a dictionary.
    struct Fields: Injector, Extractor {
        func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
            carrier[key] = value
        }

        func extract(key: String, from carrier: [String: String]) -> String? {
            carrier.field(named: key)
        }
    }
}

extension [String: String] {
    /// The field of a name, which other systems may write in another case.
    func field(named name: String) -> String? {
        if isEmpty { return nil }
        if let value = self[name] { return value }
        return first { $0.key.isSameFieldName(as: name) }?.value
    }
}

extension String {
    /// Whether both name one field: the same ASCII letters in any case, and the same other bytes.
    func isSameFieldName(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension ClosedRange<Unicode.Scalar> {
    fileprivate func contains(_ byte: UInt8) -> Bool { contains(Unicode.Scalar(byte)) }
}
