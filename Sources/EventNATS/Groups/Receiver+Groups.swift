import EventCore
import EventMemory
import EventTransport
import LinkRuntime

/// What comes for the members of groups.
extension Receiver {
    /// Gets the share of this process in what is sent to a group.
    final class GroupInlet: MessageReceiver {
        let interest: Interest
        /// What the server tells the group by, as C text.
        let queue: [UInt8]
        private let receiver: Receiver

        fileprivate init(_ interest: Interest, queue: [UInt8], receiver: Receiver) {
            (self.interest, self.queue, self.receiver) = (interest, queue, receiver)
        }

        func received(_ message: borrowing NATSMessage) { receiver.received(message, by: self) }
    }

    /// The members that this process has in a group.
    struct Members {
        var group: MailboxGroup
        /// The number of this bus's last envelope that is not for them.
        var after: UInt64 = 0
    }

    /// Notes the members that a subscription has joined, before the server is asked for it.
    ///
    /// - Parameters:
    ///   - group: The members.
    ///   - interest: What the server is asked for.
    ///   - share: Where their share begins, if there were none before.
    func joined(_ group: MailboxGroup, _ interest: Interest, _ share: GroupShare?) {
        state.withLock { state in
            let after = share?.after ?? state.members[interest]?.after ?? 0
            state.members[interest] = Members(group: group, after: after)
        }
    }

    /// Notes where the share of members begins.
    func shares(_ share: GroupShare) {
        state.withLock { $0.members[share.interest]?.after = share.after }
    }

    /// What is to get the messages for a group.
    func inlet(for interest: Interest, queue: [UInt8]) -> GroupInlet {
        GroupInlet(interest, queue: queue, receiver: self)
    }

    /// A group has been given up at the server, and nothing comes of it any more.
    func close(_ inlet: GroupInlet) { forgetMembers(of: inlet.interest) }

    /// Forgets a group without members, of which nothing comes any more.
    func forgetMembers(of interest: Interest) {
        state.withLock { state in
            if state.members[interest]?.group.hasMembers == false { state.members[interest] = nil }
        }
    }

    /// The connection of groups is gone, and with it what was under way to members here.
    func lostForGroups() {
        reporter.lost(LinkLoss(count: nil, prefix: "", origin: "any bus", endpoint: endpoint), byPrefix: [:])
    }

    private func received(_ message: borrowing NATSMessage, by inlet: GroupInlet) {
        carryOut(read(message) { read(message, on: $0, by: inlet) })
    }

    /// Reads a message without making books of it: how much of what was sent a server gives this process, nobody knows.
    private func read(_ message: borrowing NATSMessage, on subject: Span<UInt8>, by inlet: GroupInlet) -> Reading {
        let isServed = message.withHeader("EG") { mark in
            guard let mark else { return false }
            return GroupMark.names(inlet.queue, in: mark)
        }
        return message.withHeader("EB") { header in
            state.withLock { state in
                guard let members = state.members[inlet.interest] else { return .foreign }
                do throws(EventError) {
                    func share(_ wire: WireEnvelope, _: Bool, _ state: inout State) -> Reading {
                        let isOwn = wire.origin == bus
                        guard !isServed else { return isOwn ? .own : .copy }
                        guard !isOwn || wire.number ?? .max > members.after else { return .own }
                        return state.share(wire.envelope, members.group)
                    }
                    if let header {
                        let wire = try state.decoder.decode(subject: subject, header: header) { message.data }
                        return share(wire, false, &state)
                    }
                    if let readings = state.readCompact(message, on: subject, share) { return .several(readings) }
                    return state.share(try State.foreignEnvelope(message, on: subject), members.group)
                } catch {
                    return .malformed(error.description)
                }
            }
        }
    }
}

extension Receiver.State {
    /// What has come both for a pattern and for a group counts once.
    fileprivate func share(_ envelope: Envelope, _ members: MailboxGroup) -> Receiver.Reading {
        .share(envelope, members, isCounted: !isBroughtByPattern(envelope.subject))
    }
}

/// The header by which a bus says that some groups have an envelope already, from members in its own process.
enum GroupMark {
    /// What the server counts beside the names, at most.
    static let headerCount = 8
    private static let separator = UInt8(ascii: ",")

    /// The header for groups with these names, which are C texts, as C text.
    static func text(of queues: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = []
        for queue in queues {
            if !text.isEmpty { text.append(separator) }
            text += queue.dropLast()
        }
        return text + [0]
    }

    /// Whether a header names a group.
    static func names(_ queue: [UInt8], in mark: Span<UInt8>) -> Bool {
        let count = queue.count - 1
        var start = 0
        while start + count <= mark.count {
            let end = start + count
            if end == mark.count || mark[end] == separator, (0..<count).allSatisfy({ mark[start + $0] == queue[$0] }) {
                return true
            }
            while start < mark.count, mark[start] != separator { start += 1 }
            start += 1
        }
        return false
    }
}
