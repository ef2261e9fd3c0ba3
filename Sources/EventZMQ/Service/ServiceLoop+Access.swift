import EventCore
import LinkRuntime

extension ServiceLoop {
    /// Reads the lists of peers again when it is time; whoever is no longer on one is cut off.
    func checkLists(_ now: Instant) {
        for place in listWatches.indices where listWatches[place].deadline <= now { checkList(place, now) }
    }

    private func checkList(_ place: Int, _ now: Instant) {
        let path = listWatches[place].path
        let read = Result { () throws(EventError) in try AllowList(path: path) }
        guard let news = listWatches[place].looked(now, at: read) else { return }
        reporting { () throws(EventError) in
            let domain = try listWatches[place].domain.listing(news.get().peers())
            // Whoever comes back from here on is asked for by the new list.
            sockets.authenticator?.update(domain)
            let gone = admission?.update(domain) ?? []
            reporter.listChanged(path, count: domain.security?.peers.count ?? 0)
            if !gone.isEmpty { cutOff(gone) }
            for link in links where link.connects { judgeServer(of: link) }
        }
    }

    /// Leaves a server whose key is not on the list any more, and comes back to it when it is again.
    private func judgeServer(of link: Link) {
        guard let user = link.expectedUser, let isRevoked = admission?.isRevoked(user) else { return }
        guard isRevoked != link.isRevoked else { return }
        link.isRevoked = isRevoked
        guard isRevoked else { return restart(link) }
        disconnect(link)
        lostAllConnections(of: link)
        reporter.happened(.refused(endpoint: link.name, reason: "its key is not on the list any more"))
    }

    /// Ends the connections of some users, and those of which nobody knows whose they are: they are made again, by those
    /// who may.
    private func cutOff(_ users: Set<String>) {
        for link in links where !link.connects {
            drainMonitor(of: link)
            for connection in link.connections.connections(where: { $0.user.map(users.contains) ?? true }) {
                _ = Resources.cut(connection, of: boundEndpoints)
            }
        }
    }

    /// Cuts off a peer that has subscribed to too much.
    func count(_ notice: SubscriptionNotice, over connection: Int32, at link: Link) {
        guard link.connections.isOpen(connection) else { return }
        guard notice.isSubscription else {
            return link.budget.unsubscribed(over: connection, bytes: notice.size)
        }
        if let reason = refusal(of: notice, at: link) {
            _ = Resources.cut(connection, of: boundEndpoints)
            if let user = notice.user, user != SecurityDomain.anyone {
                sockets.authenticator?.suspend(user, until: .now + Self.suspension)
            }
            return reporter.happened(.refused(endpoint: link.name, reason: "\(reason), and was cut off"))
        }
        guard
            let excess = link.budget.subscribed(
                over: connection,
                by: provenUser(of: notice, at: link),
                bytes: notice.size
            )
        else { return }
        let who = link.connections.peer(over: excess.connection)?.bus.map { "bus \($0)" } ?? "a peer"
        let isCut = Resources.cut(excess.connection, of: boundEndpoints)
        let reason = "\(who) has \(excess.reason)\(isCut ? ", and was cut off" : "")"
        reporter.happened(.refused(endpoint: link.name, reason: reason))
    }

    /// Elsewhere a peer may say of itself what it likes.
    private func provenUser(of notice: SubscriptionNotice, at link: Link) -> String? {
        admission == nil || link.connects ? nil : notice.user.map(SecurityDomain.proof)
    }

    /// For so long a peer is not let in again that has subscribed to what it may not.
    private static var suspension: Duration { .seconds(10) }

    private func refusal(of notice: SubscriptionNotice, at link: Link) -> String? {
        guard !link.connects, let admission else { return nil }
        guard let user = notice.user else { return "a peer has proved nothing" }
        guard admission.isListed(user) else { return "\(SecurityDomain.proof(of: user)) is not on the list any more" }
        return admission.refusal(of: notice.topic, by: notice.bus, user)
    }

    // MARK: Who is who

    /// What the peer at a link has proved, given what libzmq says of it; `nil` where nobody is asked.
    func proved(_ user: String?, at link: Link) -> String? {
        admission == nil ? nil : link.expectedUser ?? user ?? SecurityDomain.anyone
    }

    /// What people know somebody by; `nil` of those who have proved nothing.
    func name(of user: String) -> String? {
        user == SecurityDomain.anyone ? nil : admission?.name(of: user)
    }

    /// Somebody publishes in the name of a bus.
    ///
    /// - Returns: Why not, in words.
    func claim(_ bus: String, by user: String) -> String? {
        switch admission?.claim(bus, by: user) {
        case .new(let displacesAnyone):
            directory.belongs(bus, to: name(of: user))
            if displacesAnyone { cutOffAnyone(as: bus) }
            return nil
        case .foreign(let owner): return admission?.refusal(ofBus: bus, of: owner, from: user)
        case .own, nil: return nil
        }
    }

    /// Ends the connections of those who call themselves by the id of another bus, and have proved nothing.
    func cutOffAnyone(as bus: String) {
        for link in links where !link.connects {
            for connection in link.connections.proven(where: { $0.bus == bus && $0.user == SecurityDomain.anyone }) {
                _ = Resources.cut(connection, of: boundEndpoints)
            }
        }
    }
}
