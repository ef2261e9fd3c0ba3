import Foundation
import IntegrationSupport

/// A client of a NATS server that is no bus, and speaks the protocol by hand.
struct NATSStranger {
    private static let patience = Duration.seconds(20)

    private let connection: RawConnection
    private let namespace: String
    private var unread: [UInt8] = []

    /// Connects, and waits until the server takes what it says.
    ///
    /// - Parameters:
    ///   - port: Where the server listens.
    ///   - namespace: That of the buses there.
    /// - Throws: When the server does not let it in.
    init(to port: Int, namespace: String) throws {
        connection = try RawConnection(to: "tcp://127.0.0.1:\(port)")
        self.namespace = namespace
        write(#"CONNECT {"verbose":false,"headers":true}"#)
        try settle()
    }

    private func write(_ line: String) { connection.write(Array("\(line)\r\n".utf8)) }

    /// Waits until the server has worked through all that was sent.
    mutating func settle() throws {
        write("PING")
        while try line() != "PONG" {}
    }

    /// The next line that the server says.
    private mutating func line() throws -> String {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                defer { unread.removeSubrange(...end) }
                return String(decoding: unread[..<end].filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            }
            guard ContinuousClock.now < deadline, let bytes = connection.read(within: .milliseconds(100)) else {
                throw HonestPair.Fault(description: "the server does not answer the stranger")
            }
            unread += bytes
        }
    }

    // MARK: Publishing

    /// Publishes bytes on a subject of the server, whatever they are.
    func publish(_ bytes: [UInt8], on subject: String) {
        connection.write(Array("PUB \(subject) \(bytes.count)\r\n".utf8) + bytes + Array("\r\n".utf8))
    }

    /// Publishes what a bus would, with the header that makes it an envelope of one.
    func publish(_ bytes: [UInt8], header: String, on subject: String) {
        let block = Array("NATS/1.0\r\nEB: \(header)\r\n\r\n".utf8)
        let line = "HPUB \(subject) \(block.count) \(block.count + bytes.count)\r\n"
        connection.write(Array(line.utf8) + block + bytes + Array("\r\n".utf8))
    }

    /// What the victim has subscribed to, as the server has it.
    var subject: String { "\(namespace).honest.honest" }

    // MARK: The control traffic

    /// Publishes where all buses listen.
    func tellAll(_ bytes: [UInt8]) { publish(bytes, on: "_eb.\(namespace).all") }

    /// Publishes where one bus listens.
    func tell(_ bus: String, _ bytes: [UInt8]) { publish(bytes, on: "_eb.\(namespace).bus.\(bus)") }

    /// Listens to what buses tell each other, and finds out what the two are called.
    mutating func findBuses() throws -> [String] {
        write("SUB _eb.\(namespace).bus.* 1")
        var found: Set<String> = []
        while found.count < 2 {
            let words = try line().split(separator: " ")
            guard words.count > 1, words[0] == "MSG", let bus = words[1].split(separator: ".").last else { continue }
            found.insert(String(bus))
        }
        write("UNSUB 1")
        return found.sorted()
    }

    /// A message of the control traffic: its version, its kind, who sends it, and what follows.
    static func message(_ kind: UInt8, from bus: String, _ fields: [UInt8] = []) -> [UInt8] {
        [1, kind] + text(bus) + fields
    }

    /// A text as the control traffic has it, of less than 128 bytes.
    static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

    /// What a bus that is not there might be called.
    static func invented(_ number: Int) -> String {
        let digits = String(number, radix: 32)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}
