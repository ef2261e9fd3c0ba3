import Foundation

/// A message as Python's `json` module has it: what the Python programs of these tests read and write, a line each.
struct PythonMessage: Codable, Hashable {
    /// The second frame.
    struct Header: Codable, Hashable {
        var v: Int?
        var origin: String?
        var id: String?
        var time: String?
        var source: String?
        var trace_id: String?
        var span_id: String?
        var headers: [String: String]?
        var seq: Int?
        // Those of the envelope in one frame.
        var subject: String?
        var payload: [String: Int]?
    }

    var subject: String
    var header: Header
    /// What follows, in hexadecimal digits.
    var frames: [String] = []
    /// Whether Python writes what is not ASCII as escapes.
    var escapes: Bool?

    init(_ subject: String, _ header: Header, frames: [Data] = [], escapes: Bool = true) {
        self.subject = subject
        self.header = header
        self.frames = frames.map { $0.map { String(format: "%02x", $0) }.joined() }
        self.escapes = escapes
    }

    init(line: String) throws {
        self = try JSONDecoder().decode(PythonMessage.self, from: Data(line.utf8))
    }

    var line: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }
}
