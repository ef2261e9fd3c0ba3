import EventCore
import Hummingbird

/// `/` is the page, `/events?pattern=graph.>` the stream that it reads.
func liveViewRouter(bus: any Bus, drops: DropCounter) -> Router<BasicRequestContext> {
    let router = Router()
    router.get("/") { _, _ in
        Response(
            status: .ok,
            headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.page_html))
        )
    }
    router.get("/events") { request, _ in
        let text = request.uri.queryParameters["pattern"].map(String.init) ?? ">"
        do {
            let stream = try await EventStream(of: Pattern(validating: text), on: bus, drops: drops)
            return stream.response(to: request)
        } catch let EventError.invalidPattern(fault) {
            throw HTTPError(.badRequest, message: fault)
        }
    }
    return router
}
