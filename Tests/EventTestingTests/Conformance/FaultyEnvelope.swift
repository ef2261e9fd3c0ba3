import EventCore
import EventTransport
import Foundation

extension Envelope {
    /// The envelope as a bus with a fault passes it on.
    func prepared(with fault: Fault?) throws -> Envelope {
        if fault == .leavesFieldsUnset { return self }
        var envelope = filledForPublishing()
        switch fault {
        case .fillsOneID where id.isEmpty: envelope.id = "the one"
        case .fillsEpoch where time == .distantPast: envelope.time = Date(timeIntervalSince1970: 0)
        case .fillsIDWithTime where time == .distantPast: envelope.id = Envelope(subject: subject).id
        case .leavesTraceUnset: (envelope.traceID, envelope.spanID) = (traceID, spanID)
        case .fillsForeignSpans where traceID != nil && spanID == nil: envelope.spanID = TraceParent.current?.spanID
        case .replacesIDs: envelope.id = Envelope(subject: subject).id
        case .trimsPayloads: envelope.payload = payload.map { Data($0.drop { $0 == UInt8(ascii: " ") }) }
        case .truncatesPayloads: envelope.payload = payload?.prefix(65_536)
        case .emptiesPayloads: envelope.payload = payload ?? Data()
        case .losesHeaders: envelope.headers = headers.filter { !$0.value.isEmpty }
        case .lowercasesSubjects: envelope.subject = try Subject(validating: subject.rawValue.lowercased())
        case .losesNull where payload == Data("null".utf8): envelope.payload = nil
        case .losesOpaquePayloads where (try? jsonData()) == nil: envelope.payload = nil
        case .composesIDs: envelope.id = id.precomposedStringWithCanonicalMapping
        case .composesHeaders: envelope.headers = headers.mapValues(\.precomposedStringWithCanonicalMapping)
        case .clampsTimes: envelope.time = max(envelope.time, Date(timeIntervalSince1970: 0))
        case .stripsTraceHeaders: envelope.headers["traceparent"] = nil
        default: break
        }
        return envelope
    }
}
