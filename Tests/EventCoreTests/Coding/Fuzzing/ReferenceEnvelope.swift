import EventCore
import Foundation

/// What a document means as an envelope, by the rules of ``Envelope/init(jsonData:)`` and the second reader of JSON.
struct ReferenceEnvelope {
    private var id = ""
    private var subject: String?
    private var time = Timestamp.unset
    private var texts: [String: String] = [:]
    /// By the bytes of the names.
    private var headers: [[UInt8]: String] = [:]
    private var payload: Data?

    /// Fails where decoding must fail.
    init?(_ json: ReferenceJSON, in bytes: [UInt8]) {
        guard !json.hasTrailingComma, json.levels <= 512, case .object(let members) = json.value else { return nil }
        for member in members {
            guard let name = member.name, set(name, member.value, Data(bytes[member.range])) else { return nil }
        }
        guard subject != nil else { return nil }
    }

    private mutating func set(_ name: String, _ value: ReferenceJSON.Value, _ bytes: Data) -> Bool {
        switch (name, value) {
        case ("payload", _): payload = bytes
        case ("subject", .string(let text?)) where Self.isSubject(text): subject = text
        case ("id", .string(let text?)): id = text
        case ("id", .null): id = ""
        case ("time", .string(let text?)):
            guard let time = Timestamp(rfc3339: text) else { return false }
            self.time = time
        case ("time", .null): time = .unset
        case ("source", .string(let text?)), ("trace_id", .string(let text?)), ("span_id", .string(let text?)):
            texts[name] = text.isEmpty ? nil : text
        case ("source", .null), ("trace_id", .null), ("span_id", .null): texts[name] = nil
        case ("headers", .null): headers = [:]
        case ("headers", .object(let members)):
            headers = [:]
            for member in members {
                guard let name = member.name, case .string(let text?) = member.value else { return false }
                headers[Array(name.utf8)] = text
            }
        case ("subject", _), ("id", _), ("time", _), ("source", _), ("trace_id", _), ("span_id", _), ("headers", _):
            return false
        default: break
        }
        return true
    }

    private static func isSubject(_ text: String) -> Bool {
        let segments = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 1024 && !segments.contains(where: \.isEmpty)
            && !text.unicodeScalars.contains("*") && !text.unicodeScalars.contains(">")
    }

    /// Whether an envelope has just these parts, its texts byte for byte.
    func agrees(with envelope: Envelope) -> Bool {
        let fields = envelope.fields
        let expected = [id, subject, texts["source"], texts["trace_id"], texts["span_id"]]
        let found = [fields.id, fields.subject.rawValue, fields.source, fields.traceID, fields.spanID]
        return zip(expected, found).allSatisfy { Self.haveSameBytes($0, $1) } && time == fields.time
            && payload == fields.payload && headers.count == fields.headerFields.members.count
            && fields.headerFields.members.allSatisfy { Self.haveSameBytes($0.value, headers[Array($0.name.utf8)]) }
    }

    private static func haveSameBytes(_ left: String?, _ right: String?) -> Bool {
        left.map { Array($0.utf8) } == right.map { Array($0.utf8) }
    }
}
