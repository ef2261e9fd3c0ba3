import EventCore

/// Looks at a link again and again, until the bus is closed or nothing refers to the poller any more.
final class LinkPoller: Sendable {
    private let link: any BusLink
    private let meter: LinkMeter
    /// Does not refer to the poller, which could not go otherwise.
    let task: Task<Void, Never>

    /// Begins to look.
    ///
    /// - Parameters:
    ///   - link: What to look at.
    ///   - meter: Counts what is new.
    ///   - pause: Returns when it is time for another look, and throws when the task is cancelled.
    init(_ link: any BusLink, meter: LinkMeter, pause: @escaping @Sendable () async throws -> Void) {
        (self.link, self.meter) = (link, meter)
        meter.begin()
        task = Task.detached {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    repeat { meter.look(at: link) } while (try? await pause()) != nil
                }
                group.addTask {
                    for await _ in link.events {}  // They end with the bus, whoever closes it.
                }
                await group.next()
                group.cancelAll()
            }
            meter.end(at: link)
        }
    }

    deinit { task.cancel() }

    /// Looks now.
    func look() {
        meter.look(at: link)
    }

    /// Ends, and looks a last time: what ended before may have looked before all was counted.
    func end() async {
        task.cancel()
        await task.value
        look()
    }
}
