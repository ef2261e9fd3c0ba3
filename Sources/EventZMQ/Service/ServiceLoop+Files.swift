import EventCore
import LinkRuntime

/// A socket file of a bus, and what it is for.
struct BoundFile: Sendable {
    var file: UnixSocketFile
    let link: Int
    let address: String
    /// Whether it was told that the path leads elsewhere.
    var isLost = false
}

extension ServiceLoop {
    /// How often to see whether a path still leads here.
    private static var checkOfFiles: Duration { .seconds(1) }

    /// Binds again what somebody has removed; where somebody else has bound the path, that is told, and tried again.
    func checkFiles(_ now: Instant) {
        guard !files.isEmpty, now - filesCheckedAt >= Self.checkOfFiles else { return }
        filesCheckedAt = now
        for place in files.indices where !files[place].file.isThere {
            do {
                try bindAgain(place)
                files[place].isLost = false
                reporter.happened(.restarted(endpoint: files[place].address))
            } catch {
                guard !files[place].isLost else { continue }
                files[place].isLost = true
                let reason = "the path does not lead here any more, and cannot be bound again: \(error)"
                reporter.happened(.refused(endpoint: files[place].address, reason: reason))
            }
        }
    }

    /// When ``checkFiles(_:)`` is to be called next.
    var fileDeadline: Instant? { files.isEmpty ? nil : filesCheckedAt + Self.checkOfFiles }

    /// The connections go on as they are; of a listener that no path leads to any more, libzmq keeps the descriptor.
    private func bindAgain(_ place: Int) throws(EventError) {
        let bound = files[place]
        guard try !bound.file.restore(for: bound.address) else { return }
        files[place].file = try UnixSocketFile.bind(
            bound.file.path,
            configuration.socketFileMode,
            for: bound.address
        ) { listener throws(EventError) in
            // A socket file is served without keys, whatever was bound last.
            try withSocket(of: bound.link) { socket throws(EventError) in
                try sockets.secure(socket, for: .bind(bound.address))
                try socket.bind(to: bound.address, listener: listener)
            }
        }
    }
}
