import EventCore
import LinkRuntime

extension ServiceLoop {
    /// Looks up the names of hosts to connect to whose time has come.
    func tickResolutions(_ now: Instant) {
        for watch in watches {
            guard let actions = watch.resolution?.tick(now), !actions.isEmpty else { continue }
            perform(actions, for: watch)
        }
    }

    /// A name was looked up.
    func resolved(_ answer: HostResolver.Answer, of link: Int, _ now: Instant) {
        let watch = watches[link]
        let actions =
            switch answer {
            case .success(let addresses): watch.resolution?.resolved(addresses, now: now)
            case .failure(let failure): watch.resolution?.failed(failure.reason, now: now)
            }
        perform(actions ?? [], for: watch)
    }

    private func perform(_ actions: [ResolutionStateMachine.Action], for watch: LinkWatch) {
        guard let named = watch.named else { return }
        for action in actions {
            switch action {
            case .lookUp:
                // On a thread of its own, for a name server may take half a minute.
                HostResolver.resolve(host: named.host, ipv6: configuration.ipv6) {
                    [weak commands, id = watch.id] answer in
                    commands?.post(.resolved(answer, link: id))
                }
            case .connect(let number):
                connect(watch, to: named.address(at: number))
            case .tell(let reason):
                reporter.happened(.unresolved(endpoint: watch.name, reason: reason))
            }
        }
    }

    /// Connects to an address, for the first time or in place of another one.
    private func connect(_ watch: LinkWatch, to address: String) {
        let isFirst = watch.address == nil
        watch.address = address
        guard isFirst else { return restart(watch) }
        do {
            try withSocket(of: watch.id) { socket throws(EventError) in try socket.connect(to: address) }
        } catch {
            reporter.failed(error)
        }
    }
}
