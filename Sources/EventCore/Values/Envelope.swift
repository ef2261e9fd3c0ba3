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
    // `@unchecked Sendable`: storage is only ever changed by `mutableFields`, which makes sure nobody else refers to it.
    @usableFromInline private(set) var storage: Storage

    @usableFromInline final class Storage {
        // Only the sole owner changes it, so there is no overlap for the run-time check of exclusive access to find.
        @safe @exclusivity(unchecked) @usableFromInline var fields: Fields

        init(_ fields: consuming Fields) {
            self.fields = fields
        }
    }

    /// The parts of an envelope, laid open.
    ///
    /// They make a storage of 120 bytes, the most that glibc frees without a lock (malloc_usable_size of its largest
    /// fastbin). Envelopes are often released by another thread than made them, and wait for that lock otherwise.
    @usableFromInline
    package struct Fields: Equatable {
        package var identity = EnvelopeIdentity.unset
        @usableFromInline package var subject: Subject
        package var time = Timestamp.unset
        package var source: String?
        package var context = Context.none
        /// Most headers; the rest are in `context`.
        private var heldHeaders: [String: String] = [:]
        @usableFromInline package var heldPayload: Payload?

        package init(subject: Subject) {
            self.subject = subject
        }

        /// The payload as a value of Foundation; a copy where it shares memory with others.
        package var payload: Data? {
            get { heldPayload?.data }
            set { heldPayload = newValue.map { .data($0) } }
        }

        /// The headers as far as a dictionary can hold them.
        package var headers: [String: String] {
            get { heldHeaders }
            _modify {
                if context.hasOtherHeaders {
                    yield &headerFields.dictionary
                } else {
                    yield &heldHeaders
                }
            }
        }

        /// All headers.
        package var headerFields: EnvelopeHeaders {
            get { EnvelopeHeaders(heldHeaders, others: context.otherHeaders) }
            set {
                heldHeaders = newValue.dictionary
                if context.hasOtherHeaders || !newValue.others.isEmpty { context.otherHeaders = newValue.others }
            }
        }

        /// Whether ``headers`` are all there are.
        package var headersAreWhole: Bool { !context.hasOtherHeaders }

        package var id: String {
            get { identity.text }
            set { identity = EnvelopeIdentity(newValue) }
        }

        package var traceID: String? {
            get { context.traceID }
            set { setTrace(newValue, spanID) }
        }

        package var spanID: String? {
            get { context.spanID }
            set { setTrace(traceID, newValue) }
        }

        package mutating func setTrace(_ traceID: String?, _ spanID: String?) {
            context = Context(
                traceID: traceID,
                spanID: spanID,
                origin: context.origin,
                otherHeaders: context.otherHeaders
            )
        }

        /// A subject to begin with, where the one that counts is still to come.
        package static let placeholder: Subject = "placeholder"

        /// Whether all parts are equal, texts byte for byte.
        @usableFromInline
        package static func == (one: Fields, other: Fields) -> Bool {
            one.identity == other.identity && one.subject == other.subject && one.time == other.time
                && one.source.hasSameBytes(as: other.source) && one.context.isSameTrace(as: other.context)
                && one.headerFields == other.headerFields && one.heldPayload == other.heldPayload
        }
    }

    package init(_ fields: consuming Fields) {
        storage = Storage(fields)
    }

    /// Creates an envelope from a storage that nobody else has.
    init(_ storage: consuming Storage) {
        self.storage = storage
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
        var fields = Fields(subject: subject)
        fields.identity = .xid(EventIdentifier(at: now.seconds))
        fields.time = now
        fields.source = source
        fields.headers = headers
        fields.payload = payload
        storage = Storage(fields)
        fillTrace()
    }

    // MARK: Properties

    /// Tells envelopes apart.
    ///
    /// Empty means not set, and a bus fills it in. The initialisers make an xid, which is kept as twelve bytes: reading
    /// it makes its text anew.
    public var id: String {
        get { storage.fields.id }
        set { mutableFields.id = newValue }
    }

    /// The key the envelope is routed by.
    public var subject: Subject {
        @inlinable get { storage.fields.subject }
        set { mutableFields.subject = newValue }
    }

    /// When it was made; `Date.distantPast` means not set, and a bus fills it in.
    ///
    /// Held to the nanosecond: a time that was decoded is encoded again exactly, although a `Date` read from it rounds
    /// to about 100 ns.
    public var time: Date {
        get { storage.fields.time.date }
        set { mutableFields.time = Timestamp(newValue) }
    }

    /// Who published it.
    public var source: String? {
        get { storage.fields.source }
        set { mutableFields.source = newValue }
    }

    /// The W3C trace id of the publisher, 32 lower-case hexadecimal digits.
    public var traceID: String? {
        get { storage.fields.traceID }
        set { mutableFields.traceID = newValue }
    }

    /// The W3C id of the publisher's span, 16 lower-case hexadecimal digits.
    public var spanID: String? {
        get { storage.fields.spanID }
        set { mutableFields.spanID = newValue }
    }

    /// The id of the bus that it came from, where a link brought it; `nil` for what was published in this process, and for
    /// what programs sent that are no buses.
    ///
    /// ``BusLink/peerName(of:)`` tells who that is. It is no part of what travels: envelopes that differ in nothing else
    /// are equal, and whoever publishes it again is its origin then.
    public var origin: String? { storage.fields.context.origin }

    /// Texts that travel with the envelope.
    ///
    /// A dictionary tells its keys apart as Swift does strings, by canonical equivalence; envelopes tell them apart by their
    /// bytes, as JSON and other languages do. Where somebody has sent both, such as `é` in one code point and in two, this
    /// holds the one whose bytes come first, and what is done to it is done to all that Swift calls equal;
    /// ``header(named:)``, ``setHeader(_:named:)`` and ``allHeaders`` tell them apart. All of them travel.
    public var headers: [String: String] {
        get { storage.fields.headers }
        _modify { yield &mutableFields.headers }
    }

    /// One JSON value, byte for byte as it was given, or `nil` for none.
    public var payload: Data? {
        get { storage.fields.payload }
        set { mutableFields.payload = newValue }
    }

    /// How many bytes the payload has.
    package var payloadCount: Int { storage.fields.heldPayload?.count ?? 0 }

    /// Runs `body` on the bytes of the payload, of which nothing has none.
    @inlinable @inline(__always)
    package func withPayload<Result, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard let payload = storage.fields.heldPayload else { return try body(Span()) }
        return try payload.withBytes(body)
    }

    var mutableFields: Fields {
        get { storage.fields }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.fields) }
            yield &storage.fields
        }
    }

    // MARK: Publishing

    /// Whether filling would change nothing.
    package var isFilledForPublishing: Bool {
        hasIdentity
            && (storage.fields.context.hasWholeTrace || TraceParent.isAbsent) && storage.fields.context.origin == nil
    }

    /// Whether it has an id and a time.
    package var hasIdentity: Bool { storage.fields.identity != .unset && storage.fields.time != .unset }

    /// Sets what is not set and every bus sets before it shows an envelope to others.
    package mutating func fill() {
        fillIdentity()
        fillTrace()
        if storage.fields.context.origin != nil { mutableFields.context.origin = nil }
    }

    /// Sets an id and a time where there are none.
    package mutating func fillIdentity() {
        if storage.fields.time == .unset { mutableFields.time = Timestamp(Date()) }
        if storage.fields.identity == .unset {
            mutableFields.identity = .xid(EventIdentifier(at: Timestamp(Date()).seconds))
        }
    }

    /// Fills the trace ids from the task's context, or from the header where another system has put them.
    ///
    /// Neither is put beside one of another span. In a task without a context, which costs one read, nothing is filled.
    private mutating func fillTrace() {
        let (traceID, spanID) = (storage.fields.traceID, storage.fields.spanID)
        guard traceID == nil || spanID == nil, let current = TraceParent.current else { return }
        let carried = TraceParent(in: storage.fields.headers)
        let trace = carried ?? current
        guard traceID ?? trace.traceID == trace.traceID, spanID ?? trace.spanID == trace.spanID else { return }
        mutableFields.setTrace(trace.traceID, trace.spanID)
        // The ids alone stand for a trace that is sampled.
        if carried == nil, !trace.isSampledAlone { mutableFields.headers[TraceParent.fieldName] = trace.field }
    }
}

extension Envelope: Identifiable {}

extension Envelope: Hashable {
    /// Whether all parts are equal, texts and the payload byte for byte and the time to the nanosecond.
    public static func == (left: Envelope, right: Envelope) -> Bool {
        left.storage === right.storage || left.storage.fields == right.storage.fields
    }

    /// Feeds id and subject to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(storage.fields.identity)
        hasher.combine(storage.fields.subject)
    }
}

extension Envelope: CustomStringConvertible {
    /// Subject, id and the payload's size, for logs, in one line.
    public var description: String {
        "\(subject) id=\(id.printable) payload=\(storage.fields.heldPayload.map { "\($0.count) bytes" } ?? "none")"
    }
}
