/// The subscriptions of a ``Router``, in effect, and what is done with what they receive.
public struct RouterSession: Sendable {
    /// A subscription and the route it belongs to.
    struct Reading: Sendable {
        var route: Router.Route
        var subscription: Subscription
    }

    let readings: [Reading]
    let onFailure: @Sendable (HandlerFailure) -> Void

    /// Calls the handlers until every subscription has ended, by ``stop()`` or with its bus, or the task is cancelled.
    ///
    /// When the task is cancelled nothing more is handed out; handlers that are at work are cancelled and waited for.
    public func run() async {
        await withDiscardingTaskGroup { group in
            for reading in readings {
                group.addTask {
                    for await envelope in reading.subscription { await hand(envelope, to: reading) }
                }
            }
        }
    }

    /// Closes the subscriptions: ``run()`` hands out what they hold, and then returns.
    public func stop() {
        for reading in readings { reading.subscription.close() }
    }

    private func hand(_ envelope: Envelope, to reading: Reading) async {
        do {
            try await reading.route.handler(envelope)
        } catch is CancellationError where Task.isCancelled {
            return
        } catch {
            let pattern = reading.subscription.pattern
            onFailure(HandlerFailure(handler: reading.route.name, pattern: pattern, envelope: envelope, error: error))
        }
    }
}
