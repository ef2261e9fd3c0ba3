import EventCore
import HTTPTypes
import Hummingbird
import ServiceLifecycle

/// What one browser sees: a subscription, sent as server-sent events.
///
/// A browser that reads slowly fills its own buffer, which then loses its oldest envelopes; the bus and other browsers go
/// on. Before the next envelope the browser is told how many it has missed.
struct EventStream: Sendable {
    private let subscription: Subscription
    private let drops: DropCounter

    /// In effect on return: what is published from then on is sent.
    init(of pattern: Pattern, on bus: any Bus, drops: DropCounter) async throws {
        let options = SubscriptionOptions(bufferCapacity: 256, backpressure: .dropOldest)
        subscription = try await bus.subscribe(to: pattern, options: options)
        self.drops = drops
    }

    /// Streams until the browser leaves, the server shuts down or the bus is closed.
    func response(to request: Request) -> Response {
        let body = ResponseBody { writer in
            defer { drops.forget(subscription.id) }
            try await withGracefulShutdownHandler {
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await send(to: &writer)
                } onInboundClosed: {
                    subscription.close()
                }
            } onGracefulShutdown: {
                subscription.close()
            }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(status: .ok, headers: headers, body: body)
    }

    private func send(to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ServerSentEvent.comment("connected"))
        var known = 0
        for await envelope in subscription {
            let dropped = drops.count(of: subscription.id)
            if dropped != known {
                try await writer.write(ServerSentEvent.named("dropped", data: "\(dropped)".utf8))
                known = dropped
            }
            // The payload is embedded byte for byte; an envelope that is no JSON is none a browser could read.
            guard let json = try? envelope.jsonData() else { continue }
            try await writer.write(ServerSentEvent.message(data: json))
        }
    }
}
