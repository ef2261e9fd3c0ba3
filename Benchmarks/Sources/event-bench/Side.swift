import Measurement
import Workloads

/// Who publishes and who subscribes: the bus or the C program, which sends three frames or the one that buses send.
enum Side {
    case bus, c, cOneFrame

    private var suffix: String { self == .cOneFrame ? "-one" : "" }

    func publish(_ arguments: [String]) throws -> Child {
        switch self {
        case .bus: try Child("event-bench", ["wire-publish"] + arguments)
        case .c, .cOneFrame: try Child("wire-in-c", ["publish\(suffix)"] + arguments)
        }
    }

    func subscribe(_ arguments: [String]) throws -> Child {
        switch self {
        case .bus: try Child("event-bench", ["wire-subscribe"] + arguments)
        case .c, .cOneFrame: try Child("wire-in-c", ["subscribe\(suffix)"] + arguments)
        }
    }

    func latency(_ mine: String, _ theirs: String, count: Int) throws -> WireLatency {
        let (program, prefix) = self == .bus ? ("event-bench", "wire-") : ("wire-in-c", "")
        let pong = try Child(program, [prefix + "pong\(suffix)", theirs, mine])
        defer { pong.end() }
        return try Child(program, [prefix + "ping\(suffix)", mine, theirs, String(count)]).answer(WireLatency.self)
    }
}

/// Moves envelopes from one process to another.
///
/// - Throws: ``Child/Failure`` also when one of them did not arrive, for a figure would mean nothing then.
func transfer(
    _ count: Int,
    payload: Int,
    from publisher: Side,
    to subscriber: Side,
    over kind: Endpoint.Kind,
    keys: KeyFolder? = nil
) throws -> WireResult {
    let endpoint = Endpoint(kind).address
    let folder = keys.map { [$0.path] } ?? []
    let subscribing = try subscriber.subscribe([endpoint, String(count)] + folder)
    defer { subscribing.end() }
    let publishing = try publisher.publish([endpoint, String(count), String(payload)] + folder)
    defer { publishing.end() }
    let result = try subscribing.answer(WireResult.self)
    try publishing.wait()
    guard result.received == count, result.lost ?? 0 == 0 else {
        let gaps = result.lost.map { ", \($0) lost by their numbers" } ?? ""
        throw Child.Failure(description: "\(result.received) of \(count) envelopes arrived over \(endpoint)\(gaps)")
    }
    if let bytes = result.bytes, payload == Samples.wirePayloadCount {
        let each = Double(bytes) / Double(count)
        let expected = subscriber == .c ? 258.0...272 : 125...140
        guard expected.contains(each) else {
            throw Child.Failure(description: "an envelope has \(each) bytes instead of \(expected)")
        }
    }
    return result
}
