#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Envelope {
    /// Creates an envelope whose payload is the JSON form of a value, by Foundation's `JSONEncoder` as it comes.
    ///
    /// An optional without a value makes an envelope without a payload. A value that itself encodes to `null`, such as an
    /// optional inside another type, has the payload `null`. For other dates, key names or floats encode the value yourself
    /// and use `init(subject:rawPayload:source:headers:)`, which is also for bytes that are JSON already.
    ///
    /// In generic code, where the compiler does not see that a value is bytes, they are taken as they are, and an envelope
    /// is refused.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - payload: The value to encode.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/payloadEncoding(_:)``, which names the subject and what in the value has no JSON form.
    public init(
        subject: Subject,
        payload: some Encodable,
        source: String? = nil,
        headers: [String: String] = [:]
    ) throws(EventError) {
        if Self.isNoPayload(payload) {
            let bytes = try Self.bytes(of: payload, for: subject)
            self.init(subject: subject, source: source, headers: headers, payload: bytes)
            return
        }
        let data: Data
        do {
            data = try Self.plainJSON(of: payload) ?? Self.encoder.encode(payload)
        } catch {
            throw .payloadEncoding("\(subject): \(PayloadFault(encoding: error))")
        }
        let isNone = data.count == 4 && data.elementsEqual("null".utf8) && Self.isNone(payload)
        self.init(subject: subject, source: source, headers: headers, payload: isNone ? nil : data)
    }

    /// Creates an envelope without a payload: what the literal `nil` says.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - payload: Nothing.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: Nothing; it can be called as the initialiser for values is.
    public init(
        subject: Subject,
        payload: Never?,
        source: String? = nil,
        headers: [String: String] = [:]
    ) throws(EventError) {
        self.init(subject: subject, source: source, headers: headers, payload: nil)
    }

    /// Creates an envelope whose payload is JSON already; the bytes are neither checked nor changed.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - rawPayload: One JSON value. ``jsonData()`` refuses an envelope that holds something else.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    @_disfavoredOverload
    public init(subject: Subject, rawPayload: [UInt8], source: String? = nil, headers: [String: String] = [:]) {
        self.init(subject: subject, source: source, headers: headers, payload: Data(rawPayload))
    }

    /// The payload as a value, by Foundation's `JSONDecoder` as it comes.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value, or `nil` when there is no payload or it is empty.
    /// - Throws: ``EventError/payloadDecoding(_:)`` when the payload is not the JSON form of `type`; it names the subject,
    ///   the id, and the coding path and the byte offset of what does not fit.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(EventError) -> T? {
        guard let payload, !payload.isEmpty else { return nil }
        do {
            return try Self.decoder.decode(type, from: payload)
        } catch {
            throw .payloadDecoding("\(name): \(PayloadFault(decoding: error, from: payload))")
        }
    }

    /// Whether the type of a value is what ``BytesGoAsRawPayload`` tells the compiler to refuse; a few comparisons.
    private static func isNoPayload<Value>(_ value: Value) -> Bool {
        Value.self == Data.self || Value.self == [UInt8].self || Value.self == Envelope.self
            || Value.self == ContiguousArray<UInt8>.self || Value.self == Data?.self || Value.self == [UInt8]?.self
            || Value.self == Envelope?.self
    }

    private static func bytes(of value: some Encodable, for subject: Subject) throws(EventError) -> Data? {
        switch value {
        case let bytes as Data: return bytes
        case let bytes as ContiguousArray<UInt8>: return Data(bytes)
        case let bytes as [UInt8]: return Data(bytes)
        case is Envelope:
            throw .payloadEncoding("\(subject): an envelope is none's payload; it is published as it is")
        default: return nil
        }
    }

    /// The JSON form of a value that can do without an encoder and the microsecond that one takes.
    private static func plainJSON<Value>(of value: Value) -> Data? {
        // A comparison of types costs less than a cast that fails.
        if Value.self == Int.self, let number = value as? Int { return Data(String(number).utf8) }
        if Value.self == Bool.self, let flag = value as? Bool { return Data(String(flag).utf8) }
        return nil
    }

    private static func isNone(_ value: some Any) -> Bool {
        let mirror = Mirror(reflecting: value)
        return mirror.displayStyle == .optional && mirror.children.isEmpty
    }

    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()
}
