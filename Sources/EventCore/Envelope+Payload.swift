#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Envelope {
    /// Creates an envelope whose payload is the JSON form of a value, by Foundation's `JSONEncoder` as it comes.
    ///
    /// For other dates, key names or floats encode the value yourself and use `init(subject:rawPayload:source:headers:)`.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - payload: The value to encode.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    /// - Throws: ``EventError/payloadEncoding(_:)``.
    public init(
        subject: Subject,
        payload: some Encodable,
        source: String? = nil,
        headers: [String: String] = [:]
    ) throws(EventError) {
        let data: Data
        do {
            data = try Self.encoder.encode(payload)
        } catch {
            throw .payloadEncoding("\(error)")
        }
        self.init(subject: subject, source: source, headers: headers, payload: data)
    }

    /// The payload as a value, by Foundation's `JSONDecoder` as it comes.
    ///
    /// - Parameter type: The type to decode.
    /// - Returns: The value, or `nil` when there is no payload or it is empty.
    /// - Throws: ``EventError/payloadDecoding(_:)`` when the payload is not the JSON form of `type`.
    public func decode<T: Decodable>(_ type: T.Type = T.self) throws(EventError) -> T? {
        guard let payload, !payload.isEmpty else { return nil }
        do {
            return try Self.decoder.decode(type, from: payload)
        } catch {
            throw .payloadDecoding("\(error)")
        }
    }

    private static let encoder = JSONEncoder()
    private static let decoder = JSONDecoder()
}
