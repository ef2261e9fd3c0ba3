import EventCore

/// From where on the members that a bus has in a group get what it publishes itself.
struct GroupShare: Sendable, Equatable {
    var interest: Interest
    /// The number of the bus's last envelope that was meant for no member of the group anywhere.
    ///
    /// It may leave the queue, or come back, when there is one: the server does not know when it was published.
    var after: UInt64
}

/// Groups whose members are in several processes.
///
/// Each process with members has one subscription of its own at the server, of which the server chooses one for each
/// envelope. What is published here goes to a member here at once while no other bus has members, as in a bus without a
/// link, and carries a mark by which those whom the server chooses all the same know that. Otherwise it goes to nobody
/// here, and comes back from the server if that chooses this process.
extension ExchangeStateMachine {
    /// Which of the groups that an envelope goes to get it from the server: those with members elsewhere.
    ///
    /// None while the connection for groups is not there: the server would not choose this process.
    func isShared(_ interest: Interest) -> Bool {
        guard isConnected, gathering == nil, sharesGroups, subscriptions.isEffective(interest) else { return false }
        return roster.members(of: interest).contains { peers.isPresent($0) }
    }

    /// The share of a first member here.
    ///
    /// Where others have members, the group is there already, and whatever its members have not had is for this one, too.
    func firstShare(of interest: Interest) -> GroupShare {
        GroupShare(interest: interest, after: roster.members(of: interest).isEmpty ? number : 0)
    }

    /// The connection for groups is there, or not any more.
    mutating func groupsAreConnected(_ isConnected: Bool) { sharesGroups = isConnected }

    /// The bus has members in a group, or none any more, which all others are told.
    mutating func tellMembership(_ interest: Interest, isIn: Bool) {
        guard isIn ? memberships.insert(interest).inserted : memberships.remove(interest) != nil else { return }
        guard isConnected else { return }
        notes.append(membershipNote(interest, isIn: isIn, to: namespace.everybody))
    }

    func membershipNote(_ interest: Interest, isIn: Bool, to wire: [UInt8]) -> ControlNote {
        ControlNote(wire: wire, reply: nil, message: .member(bus: bus, interest, isIn: isIn))
    }

    /// Another bus has members in a group, or none any more.
    mutating func heardMembership(
        of other: String,
        _ interest: Interest,
        isIn: Bool,
        _ now: Instant,
        _ effects: inout Effects
    ) {
        guard peers.isPresent(other) else {
            enquire(other, now)
            return
        }
        if isIn {
            roster.join(other, interest)
            // It may have been there before the first member here, and what was meant for it may come here.
            if subscriptions.isWanted(interest) { effects.shares.append(GroupShare(interest: interest, after: 0)) }
        } else {
            roster.leave(other, interest)
        }
        noteInterest(of: other, &effects)
    }
}
