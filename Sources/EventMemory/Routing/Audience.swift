package import EventCore

/// Which of those who listen to a subject an envelope is for.
///
/// For a transport whose servers choose between members of a group that are in several processes: what they send is for
/// one group alone, or for all but groups.
package struct Audience: Sendable {
    /// Whether it is for those who are in no group.
    let includesIndividuals: Bool
    /// The groups that it is for, whether they listen to the subject or not; `nil` means all that do.
    let groups: [MailboxGroup]?

    /// Everybody who listens.
    package static var everybody: Audience { Audience(includesIndividuals: true, groups: nil) }

    /// Who listens and is in no group, and some groups.
    package static func individuals(and groups: [MailboxGroup] = []) -> Audience {
        Audience(includesIndividuals: true, groups: groups)
    }

    /// One group, and nobody else.
    package static func group(_ group: MailboxGroup) -> Audience {
        Audience(includesIndividuals: false, groups: [group])
    }

    /// Whether a route has everybody in it.
    var namesNoGroup: Bool { groups?.isEmpty ?? true }

    /// Begins an offer to each group that it is for.
    func ballots(of route: Route) -> [MailboxGroup.Ballot] {
        if let groups { return groups.map { $0.ballot() } }
        return route.isPlain ? [] : route.ballots
    }
}
