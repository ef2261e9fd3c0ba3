#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// For envelopes inside other documents: a JSON document, a property list, a column of a database.
///
/// The keys are those of ``Envelope/jsonData()``, but for the payload: its JSON text stands under `payload_json` as a
/// string, byte for byte, since a coder would read numbers and write others. The value under `payload` that earlier
/// versions wrote is read, too, with what digits the coder has left of it. Foundation's binary property lists keep one of
/// several strings that Swift calls equal, such as two spellings of `é`; its XML ones and its JSON keep each. Headers that a dictionary cannot hold beside
/// others stand under `more_headers`, names and values in turn.
extension Envelope: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, subject, time, source, headers, payload
        case traceID = "trace_id"
        case spanID = "span_id"
        case moreHeaders = "more_headers"
        case payloadJSON = "payload_json"
    }

    /// Decodes an envelope that is part of another document.
    ///
    /// - Parameter decoder: The decoder to read from.
    /// - Throws: `DecodingError` when the subject is missing or malformed, the time is no RFC 3339 time, or a type is
    ///   wrong.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        var fields = Fields(subject: try container.decode(Subject.self, forKey: .subject))
        fields.id = try container.decodeIfPresent(String.self, forKey: .id) ?? ""
        if let text = try container.decodeIfPresent(String.self, forKey: .time) {
            guard let time = Timestamp(rfc3339: text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .time,
                    in: container,
                    debugDescription: "no RFC 3339 time"
                )
            }
            fields.time = time
        }
        fields.source = try container.decodeNonEmpty(.source)
        fields.traceID = try container.decodeNonEmpty(.traceID)
        fields.spanID = try container.decodeNonEmpty(.spanID)
        fields.headers = try container.decodeIfPresent([String: String].self, forKey: .headers) ?? [:]
        if let more = try container.decodeIfPresent([String].self, forKey: .moreHeaders) {
            guard more.count.isMultiple(of: 2) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .moreHeaders,
                    in: container,
                    debugDescription: "a name without a value"
                )
            }
            for index in stride(from: 0, to: more.count, by: 2) { fields.headerFields[more[index]] = more[index + 1] }
        }
        if let json = try container.decodeIfPresent(String.self, forKey: .payloadJSON) {
            fields.payload = json.isEmpty ? nil : try Self.payload(json, in: container)
        } else if container.contains(.payload) {
            fields.payload = try container.decode(JSONValue.self, forKey: .payload).data()
        }
        self.init(fields)
    }

    /// Encodes the envelope as part of another document.
    ///
    /// - Parameter encoder: The encoder to write to.
    /// - Throws: What the encoder throws, and `EncodingError.invalidValue` when the payload is not JSON or the time has
    ///   no RFC 3339 form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(subject, forKey: .subject)
        try container.encode(try timeText(codingPath: encoder.codingPath), forKey: .time)
        try container.encodeNonEmpty(source, .source)
        try container.encodeNonEmpty(traceID, .traceID)
        try container.encodeNonEmpty(spanID, .spanID)
        if !headers.isEmpty { try container.encode(headers, forKey: .headers) }
        let more = storage.fields.headerFields.others.flatMap { [$0.key.text, $0.value] }
        if !more.isEmpty { try container.encode(more, forKey: .moreHeaders) }
        if let payload, !payload.isEmpty {
            try container.encode(try text(of: payload, codingPath: encoder.codingPath), forKey: .payloadJSON)
        }
    }

    private static func payload(_ json: String, in container: KeyedDecodingContainer<CodingKeys>) throws -> Data {
        let payload = Data(json.utf8)
        do {
            _ = try valueRange(of: payload)
            return payload
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: .payloadJSON,
                in: container,
                debugDescription: error.description
            )
        }
    }

    private func text(of payload: Data, codingPath: [any CodingKey]) throws -> String {
        do {
            _ = try payloadRange()
            return String(decoding: payload, as: UTF8.self)
        } catch {
            let fault = EncodingError.Context(
                codingPath: codingPath,
                debugDescription: error.description,
                underlyingError: error
            )
            throw EncodingError.invalidValue(payload, fault)
        }
    }

    private func timeText(codingPath: [any CodingKey]) throws -> String {
        guard storage.fields.time.hasRFC3339 else {
            throw EncodingError.invalidValue(
                time,
                .init(codingPath: codingPath, debugDescription: "outside the years 0000 to 9999")
            )
        }
        return storage.fields.time.rfc3339
    }
}

/// An empty text is not set, and is left out as in the JSON form.
extension KeyedDecodingContainer {
    fileprivate func decodeNonEmpty(_ key: Key) throws -> String? {
        guard let text = try decodeIfPresent(String.self, forKey: key), !text.isEmpty else { return nil }
        return text
    }
}

extension KeyedEncodingContainer {
    fileprivate mutating func encodeNonEmpty(_ text: String?, _ key: Key) throws {
        if let text, !text.isEmpty { try encode(text, forKey: key) }
    }
}
