#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

// What would compile and is never meant: bytes would become Base64 in quotation marks, and an envelope the payload of
// another one. An overload that is unavailable does not keep the compiler from choosing the generic one, for it prefers
// whatever is available. Two that fit equally well do: the call is ambiguous, and the notes show both with their message.

/// What is no payload: bytes, which are one already, and an envelope, which has one.
///
/// Bytes are given as `rawPayload:`, and an envelope is published as it is.
public protocol BytesGoAsRawPayload {}

/// The same as ``BytesGoAsRawPayload``: only because there are two does the compiler refuse a call.
public protocol EnvelopesGoAsTheyAre {}

extension Data: BytesGoAsRawPayload, EnvelopesGoAsTheyAre {}
extension Array: BytesGoAsRawPayload, EnvelopesGoAsTheyAre where Element == UInt8 {}
extension ArraySlice: BytesGoAsRawPayload, EnvelopesGoAsTheyAre where Element == UInt8 {}
extension ContiguousArray: BytesGoAsRawPayload, EnvelopesGoAsTheyAre where Element == UInt8 {}
extension Envelope: BytesGoAsRawPayload, EnvelopesGoAsTheyAre {}
extension Optional: BytesGoAsRawPayload, EnvelopesGoAsTheyAre
where Wrapped: BytesGoAsRawPayload & EnvelopesGoAsTheyAre {}

extension Envelope {
    /// Does not compile.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - payload: What is no payload.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes make an envelope with init(subject:rawPayload:source:headers:); an envelope is none's payload."
    )
    public init<Value: BytesGoAsRawPayload & Encodable>(
        subject: Subject,
        payload: Value,
        source: String? = nil,
        headers: [String: String] = [:]
    ) throws(EventError) {
        throw .payloadEncoding(
            "Bytes make an envelope with init(subject:rawPayload:source:headers:); an envelope is none's payload."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - payload: What is no payload.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes make an envelope with init(subject:rawPayload:source:headers:); an envelope is none's payload."
    )
    public init<Value: EnvelopesGoAsTheyAre & Encodable>(
        subject: Subject,
        payload: Value,
        source: String? = nil,
        headers: [String: String] = [:]
    ) throws(EventError) {
        throw .payloadEncoding(
            "Bytes make an envelope with init(subject:rawPayload:source:headers:); an envelope is none's payload."
        )
    }
}

extension Bus {
    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
    )
    public func publish<Value: BytesGoAsRawPayload & Encodable>(
        _ payload: Value,
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        throw EventError.payloadEncoding(
            "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
    )
    public func publish<Value: EnvelopesGoAsTheyAre & Encodable>(
        _ payload: Value,
        to subject: Subject,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        throw EventError.payloadEncoding(
            "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - text: The key it is routed by.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
    )
    public func publish<Value: BytesGoAsRawPayload & Encodable>(
        _ payload: Value,
        toValidating text: String,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        throw EventError.payloadEncoding(
            "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - text: The key it is routed by.
    ///   - source: Who publishes it.
    ///   - headers: Texts that travel with it.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message: "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
    )
    public func publish<Value: EnvelopesGoAsTheyAre & Encodable>(
        _ payload: Value,
        toValidating text: String,
        source: String? = nil,
        headers: [String: String] = [:]
    ) async throws {
        throw EventError.payloadEncoding(
            "Bytes are published with publish(rawPayload:to:source:headers:), an envelope with publish(_:)."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - subject: The key the request is routed by.
    ///   - type: What to decode the reply as.
    ///   - source: Who asks.
    ///   - headers: Texts that travel with the request.
    ///   - limit: How long it may take.
    /// - Returns: Nothing.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message:
            "Ask with bytes by request(Envelope(subject:rawPayload:), within:), with an envelope by request(_:within:)."
    )
    public func request<Value: BytesGoAsRawPayload & Encodable, Reply: Decodable & Sendable>(
        _ payload: Value,
        to subject: Subject,
        as type: Reply.Type,
        source: String? = nil,
        headers: [String: String] = [:],
        within limit: Duration
    ) async throws -> Reply {
        throw EventError.payloadEncoding(
            "Ask with bytes by request(Envelope(subject:rawPayload:), within:), with an envelope by request(_:within:)."
        )
    }

    /// Does not compile.
    ///
    /// - Parameters:
    ///   - payload: What is no payload.
    ///   - subject: The key the request is routed by.
    ///   - type: What to decode the reply as.
    ///   - source: Who asks.
    ///   - headers: Texts that travel with the request.
    ///   - limit: How long it may take.
    /// - Returns: Nothing.
    /// - Throws: Whenever it is called in spite of all.
    @available(
        *,
        deprecated,
        message:
            "Ask with bytes by request(Envelope(subject:rawPayload:), within:), with an envelope by request(_:within:)."
    )
    public func request<Value: EnvelopesGoAsTheyAre & Encodable, Reply: Decodable & Sendable>(
        _ payload: Value,
        to subject: Subject,
        as type: Reply.Type,
        source: String? = nil,
        headers: [String: String] = [:],
        within limit: Duration
    ) async throws -> Reply {
        throw EventError.payloadEncoding(
            "Ask with bytes by request(Envelope(subject:rawPayload:), within:), with an envelope by request(_:within:)."
        )
    }
}
