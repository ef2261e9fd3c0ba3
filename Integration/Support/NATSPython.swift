package import Foundation

/// nats-py, an independent client of NATS: where `make nats-python` has put it.
package enum NATSPython {
    private static let interpreter = ProcessInfo.processInfo.environment["EVENT_NATS_PYTHON"].map { URL(filePath: $0) }

    package static var isThere: Bool { interpreter != nil }

    /// A message as the program writes and reads it.
    package struct Message: Codable {
        package var subject: String
        /// The bytes of the body in hexadecimal digits.
        private var data: String
        package var headers: [String: String]

        package init(subject: String, _ bytes: Data, headers: [String: String]) {
            (self.subject, self.headers) = (subject, headers)
            data = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }

        /// Reads a line of the program.
        package init(_ line: String) throws {
            self = try JSONDecoder().decode(Self.self, from: Data(line.utf8))
        }

        /// The line that has the program publish it.
        package var line: String {
            get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
        }

        /// The body.
        package var bytes: Data {
            let digits = data.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            return Data(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
        }
    }

    /// Runs the program `nats_peer.py` of the folder `Python`.
    package static func start(on stage: Stage, _ arguments: String...) throws -> ChildProcess {
        guard let interpreter, let folder = Bundle.module.url(forResource: "Python", withExtension: nil) else {
            throw Python.Missing(reason: "EVENT_NATS_PYTHON does not say where the Python with nats-py is")
        }
        let program = folder.appending(path: "nats_peer.py").path
        return try stage.start("nats_peer.py", interpreter, ["-u", program] + arguments)
    }
}
