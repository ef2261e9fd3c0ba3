#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What travels on a bus: a subject, a JSON payload, and what is known about where and when it came from.
///
/// An envelope is a value with copy-on-write storage, so copying one costs one retain however large it is. The
/// initialisers set ``id`` and ``time``, and the trace ids when the task carries a tracing context.
public struct Envelope: @unchecked Sendable {
    // `@unchecked Sendable`: storage is only ever changed by `mutableStorage`, which makes sure nobody else refers to it.
    private(set) var storage: Storage

    final class Storage: Hashable {
        var id: String
        var subject: Subject
        var time: Timestamp
        var source: String?
        var traceID: String?
        var spanID: String?
        var headers: [String: String]
        var payload: Data?

        init(_ fields: Fields) {
            (id, subject, time) = (fields.id, fields.subject, fields.time)
            (source, traceID, spanID) = (fields.source, fields.traceID, fields.spanID)
            (headers, payload) = (fields.headers, fields.payload)
        }

        var fields: Fields {
            Fields(
                id: id,
                subject: subject,
                time: time,
                source: source,
                traceID: traceID,
                spanID: spanID,
                headers: headers,
                payload: payload
            )
        }

        static func == (left: Storage, right: Storage) -> Bool {
            left === right || left.fields == right.fields
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(id)
            hasher.combine(subject)
        }
    }

    /// The parts of an envelope, laid open.
    package struct Fields: Hashable {
        package var id = ""
        package var subject: Subject
        package var time = Timestamp.unset
        package var source: String?
        package var traceID: String?
        package var spanID: String?
        package var headers: [String: String] = [:]
        package var payload: Data?
    }

    package init(_ fields: Fields) {
        storage = Storage(fields)
    }

    package var fields: Fields { storage.fields }

    /// Creates an envelope without a payload.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    public init(subject: Subject, source: String? = nil, headers: [String: String] = [:]) {
        self.init(subject: subject, source: source, headers: headers, payload: nil)
    }

    /// Creates an envelope whose payload is JSON already; the bytes are neither checked nor changed.
    ///
    /// - Parameters:
    ///   - subject: The key it is routed by.
    ///   - rawPayload: One JSON value. ``jsonData()`` refuses an envelope that holds something else.
    ///   - source: Who publishes it, for people and filters.
    ///   - headers: Texts that travel with it.
    public init(subject: Subject, rawPayload: Data, source: String? = nil, headers: [String: String] = [:]) {
        self.init(subject: subject, source: source, headers: headers, payload: rawPayload)
    }

    init(subject: Subject, source: String?, headers: [String: String], payload: Data?) {
        let now = Timestamp(Date())
        let fields = Fields(
            id: EventIdentifier.make(at: now.seconds),
            subject: subject,
            time: now,
            source: source,
            headers: headers,
            payload: payload
        )
        storage = Storage(fields)
        fillTrace()
    }

    // MARK: Properties

    /// Tells envelopes apart.
    ///
    /// Empty means not set, and a bus fills it in. The initialisers make an xid.
    public var id: String {
        get { storage.id }
        set { mutableStorage.id = newValue }
    }

    /// The key the envelope is routed by.
    public var subject: Subject {
        get { storage.subject }
        set { mutableStorage.subject = newValue }
    }

    /// When it was made; `Date.distantPast` means not set, and a bus fills it in.
    ///
    /// Held to the nanosecond: a time that was decoded is encoded again exactly, although a `Date` read from it rounds
    /// to about 100 ns.
    public var time: Date {
        get { storage.time.date }
        set { mutableStorage.time = Timestamp(newValue) }
    }

    /// Who published it.
    public var source: String? {
        get { storage.source }
        set { mutableStorage.source = newValue }
    }

    /// The W3C trace id of the publisher, 32 lower-case hexadecimal digits.
    public var traceID: String? {
        get { storage.traceID }
        set { mutableStorage.traceID = newValue }
    }

    /// The W3C id of the publisher's span, 16 lower-case hexadecimal digits.
    public var spanID: String? {
        get { storage.spanID }
        set { mutableStorage.spanID = newValue }
    }

    /// Texts that travel with the envelope.
    ///
    /// Keys are told apart as Swift strings are, by canonical equivalence.
    public var headers: [String: String] {
        get { storage.headers }
        _modify {
            yield &mutableStorage.headers
        }
    }

    /// One JSON value, byte for byte as it was given, or `nil` for none.
    public var payload: Data? {
        get { storage.payload }
        set { mutableStorage.payload = newValue }
    }

    private var mutableStorage: Storage {
        mutating get {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.fields) }
            return storage
        }
        set { storage = newValue }
    }

    // MARK: Publishing

    /// The envelope as a bus shows it to others: with id, time and trace ids.
    package func filledForPublishing() -> Envelope {
        var envelope = self
        envelope.fill()
        return envelope
    }

    /// Whether filling would change nothing.
    package var isFilledForPublishing: Bool {
        !storage.id.isEmpty && storage.time != .unset
            && (storage.traceID != nil && storage.spanID != nil || TraceParent.isAbsent)
    }

    private mutating func fill() {
        if storage.time == .unset { mutableStorage.time = Timestamp(Date()) }
        if storage.id.isEmpty { mutableStorage.id = EventIdentifier.make(at: Timestamp(Date()).seconds) }
        fillTrace()
    }

    /// Fills the trace ids from the task's context; neither is put beside one of another span.
    private mutating func fillTrace() {
        guard storage.traceID == nil || storage.spanID == nil, let trace = TraceParent.current else { return }
        guard storage.traceID ?? trace.traceID == trace.traceID, storage.spanID ?? trace.spanID == trace.spanID else {
            return
        }
        mutableStorage.traceID = trace.traceID
        mutableStorage.spanID = trace.spanID
    }
}

extension Envelope: Identifiable {}

extension Envelope: Hashable {
    /// Whether all parts are equal, the payload byte for byte and the time to the nanosecond.
    public static func == (left: Envelope, right: Envelope) -> Bool {
        left.storage == right.storage
    }

    /// Feeds id and subject to a hasher.
    public func hash(into hasher: inout Hasher) {
        storage.hash(into: &hasher)
    }
}

extension Envelope: CustomStringConvertible {
    /// Subject, id and the payload's size, for logs.
    public var description: String {
        "\(subject) id=\(id) payload=\(payload.map { "\($0.count) bytes" } ?? "none")"
    }
}
