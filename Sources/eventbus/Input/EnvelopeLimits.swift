import EventCore
import EventZMQ

/// How much a line of input may hold: a payload and the rest of its envelope, each of the same size at most.
///
/// What goes over a bus keeps to `maximumMessageSize` for either, so whatever one command prints another can read.
struct EnvelopeLimits: Equatable {
    /// The greatest payload, and the greatest rest of an envelope, in bytes of JSON.
    let part: Int

    static let standard = EnvelopeLimits(part: ZMQBusConfiguration(publish: [], subscribe: []).maximumMessageSize)

    init(part: Int) {
        self.part = part
    }

    /// The limits beside a bus, which may carry more than usual.
    init(busAllows size: Int?) {
        part = max(size ?? 0, Self.standard.part)
    }

    /// The greatest length of a line, in bytes: both parts, and the names that stand between them.
    var line: Int {
        let (double, overflow) = part.multipliedReportingOverflow(by: 2)
        return overflow || double > .max - Self.names ? .max : double + Self.names
    }

    /// `"payload":` and what `route` adds, the pattern of a subscription with each byte of it escaped.
    private static let names = 64 + 6 * Subject.maximumUTF8Count

    /// Refuses an envelope that is printed in a way that could not be read.
    ///
    /// - Parameters:
    ///   - envelope: What a line holds.
    ///   - length: The length of that line.
    /// - Throws: ``EventError/malformedEnvelope(_:)`` with the size and the limit.
    func check(_ envelope: Envelope, lineOf length: Int) throws(EventError) {
        try check(payload: envelope.payload?.count ?? 0)
        // An escape takes up to six bytes for one, so most lines need not be written to know that they fit.
        guard length > part / 6 else { return }
        var rest = envelope
        rest.payload = nil
        let size = try rest.jsonData().count
        guard size > part else { return }
        throw .malformedEnvelope("\(size) bytes besides the payload exceed the limit of \(part)")
    }

    /// Refuses a payload that is too long.
    func check(payload size: Int) throws(EventError) {
        guard size > part else { return }
        throw .malformedEnvelope("a payload of \(size) bytes exceeds the limit of \(part)")
    }

    /// What the help of a command that reads lines says.
    static let help = """
        A line has at most \(standard.line) bytes, a payload and the rest of an envelope at most \(standard.part) each, \
        or as many as the bus allows by maximumMessageSize.
        """
}
