import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP client that reads a response as slowly as the test does.
enum Browser {
    /// Asks for a path, and hands over the head of the answer and its body as events arrive.
    static func open(
        _ path: String,
        port: Int,
        _ body: (HTTPResponseHead, inout Events) async throws -> Void
    ) async throws {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>(
                        wrappingChannelSynchronously: channel
                    )
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            let headers: HTTPHeaders = ["host": "127.0.0.1"]
            try await outbound.write(
                .head(HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers))
            )
            try await outbound.write(.end(nil))
            var parts = inbound.makeAsyncIterator()
            guard case .head(let head) = try await parts.next() else { throw ChannelError.eof }
            var events = Events(parts: parts)
            try await body(head, &events)
        }
    }

    /// What an empty line ends.
    struct Events {
        fileprivate var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
        private var text = ""

        fileprivate init(parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) {
            self.parts = parts
        }

        /// Waits for the next event.
        mutating func next() async throws -> String? {
            while true {
                if let end = text.firstRange(of: "\n\n") {
                    defer { text.removeSubrange(..<end.upperBound) }
                    return String(text[..<end.lowerBound])
                }
                guard case .body(let buffer) = try await parts.next() else {
                    defer { text = "" }
                    return text.isEmpty ? nil : text
                }
                text += String(buffer: buffer)
            }
        }
    }
}
