import EventCore

extension ServiceLoop {
    /// Reads the list of peers again when it is time; whoever is no longer on it is cut off.
    func checkList(_ now: Instant) {
        guard let watch = listWatch, watch.deadline <= now else { return }
        let read = Result { () throws(EventError) in try AllowList(path: watch.path) }
        guard let news = listWatch?.looked(now, at: read) else { return }
        reporting { () throws(EventError) in
            let peers = try news.get().peers()
            // Whoever comes back from here on is asked for by the new list.
            sockets.authenticator?.update(Set(peers.keys))
            let gone = admission?.update(peers) ?? []
            reporter.listChanged(watch.path, count: peers.count)
            if !gone.isEmpty { cutOff(gone) }
        }
    }

    /// Ends the connections of some users, and those of which nobody knows whose they are: they are made again, by those
    /// who may.
    private func cutOff(_ users: Set<String>) {
        for watch in watches where !watch.connects {
            drainMonitor(of: watch)
            for connection in watch.connections.connections(where: { $0.user.map(users.contains) ?? true }) {
                _ = Resources.cut(connection, of: boundEndpoints)
            }
        }
    }
}
