import EventCore
import LinkRuntime

extension ServiceLoop {
    /// Looks up the names of hosts to connect to whose time has come.
    func tickResolutions(_ now: Instant) {
        for link in links {
            guard let actions = link.resolution?.tick(now), !actions.isEmpty else { continue }
            perform(actions, for: link)
        }
    }

    /// A name was looked up.
    func resolved(_ answer: HostResolver.Answer, of id: Int, _ now: Instant) {
        let link = links[id]
        let actions =
            switch answer {
            case .success(let addresses): link.resolution?.resolved(addresses, now: now)
            case .failure(let failure): link.resolution?.failed(failure.reason, now: now)
            }
        perform(actions ?? [], for: link)
    }

    private func perform(_ actions: [ResolutionStateMachine.Action], for link: Link) {
        guard let named = link.named else { return }
        for action in actions {
            switch action {
            case .lookUp:
                // On a thread of its own, for a name server may take half a minute.
                HostResolver.resolve(host: named.host, ipv6: configuration.ipv6) {
                    [weak commands, id = link.id] answer in
                    commands?.post(.resolved(answer, link: id))
                }
            case .connect(let number):
                connect(link, to: named.address(at: number))
            case .tell(let reason):
                reporter.happened(.unresolved(endpoint: link.name, reason: reason))
            }
        }
    }

    /// Connects to an address, for the first time or in place of another one.
    private func connect(_ link: Link, to address: String) {
        let isFirst = link.address == nil
        link.address = address
        guard isFirst else { return restart(link) }
        do {
            try withSocket(of: link.id) { socket throws(EventError) in try socket.connect(to: address) }
        } catch {
            reporter.failed(error)
        }
    }
}
