package import Foundation

/// A client that speaks the protocol of NATS by hand.
package final class PlainClient {
    private let socket: FileHandle
    private var unread = Data()

    package struct Failure: Error {}

    package init(port: Int) throws {
        let descriptor = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = unsafe inet_addr("127.0.0.1")
        let code = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw Failure() }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        socket = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        send("CONNECT {\"verbose\":false,\"headers\":true,\"no_responders\":true}\r\nPING\r\n")
        _ = try read(until: "PONG\r\n")
    }

    package func send(_ text: String) { send(Data(text.utf8)) }

    /// Sends bytes as they are.
    package func send(_ bytes: Data) { try? socket.write(contentsOf: bytes) }

    /// Publishes, and returns when the server has it.
    package func publish(_ body: String, to subject: String, header: String? = nil) throws {
        if let header {
            let head = "NATS/1.0\r\n\(header)\r\n\r\n"
            send(
                "HPUB \(subject) \(head.utf8.count) \(head.utf8.count + body.utf8.count)\r\n\(head)\(body)\r\nPING\r\n"
            )
        } else {
            send("PUB \(subject) \(body.utf8.count)\r\n\(body)\r\nPING\r\n")
        }
        _ = try read(until: "PONG\r\n")
    }

    /// What comes up to a text, with it.
    package func read(until end: String) throws -> String {
        while true {
            if let range = unread.range(of: Data(end.utf8)) {
                defer { unread.removeSubrange(..<range.upperBound) }
                return String(decoding: unread[..<range.upperBound], as: UTF8.self)
            }
            let data = try bytes()
            unread.append(data)
        }
    }

    private func bytes() throws -> Data {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = unsafe recv(socket.fileDescriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure() }
        return Data(buffer[..<count])
    }
}
