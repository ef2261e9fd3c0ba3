import EventCore

/// Groups, of which each envelope goes to one member: S8.
enum GroupCases {
    /// What a case needs that works with groups, besides that envelopes arrive.
    private static let shared: BusProfile = [.groups, .delivers]

    static let all: [ConformanceCase] = [
        ConformanceCase(
            "group.deliversToOne",
            "S8",
            "Of a group one member gets an envelope and no other does; each gets what it does in order.",
            needs: shared
        ) { probe in
            let members = [
                try await probe.subscribe(group: "workers"), try await probe.subscribe(group: "workers"),
                try await probe.subscribe(group: "workers"),
            ]
            let received = Journal<String>()
            let readers = members.map { member in
                probe.attempt {
                    var labels: [String] = []
                    for await envelope in member {
                        labels.append(envelope.label)
                        received.append(envelope.label)
                    }
                    return labels
                }
            }
            let labels = (10..<40).map { "e\($0)" }
            try await probe.publish(labels)
            try await probe.expect("\(labels.count) envelopes", in: received) { $0.count >= labels.count }
            await probe.close()
            for reader in readers {
                let labels = try await probe.expectEnd(of: reader, "a loop over a member")
                try probe.expect("what arrives at a member", labels, is: labels.sorted())
            }
            try probe.expect("what arrives at all members", received.entries.sorted(), is: labels)
        },
        ConformanceCase(
            "group.leavesOthersAlone",
            "S8",
            "Subscriptions in no group and those in other groups get every envelope.",
            needs: shared
        ) { probe in
            let plain = try await probe.subscribe()
            let one = try await probe.subscribe(group: "one")
            let other = try await probe.subscribe(group: "other")
            try await probe.publish("a", "b", "c")
            try await probe.expectAll(["a", "b", "c"], at: plain, one, other)
        },
        ConformanceCase(
            "group.isOfOnePattern",
            "S8",
            "The same name with another pattern is another group.",
            needs: shared
        ) { probe in
            let exact = try await probe.subscribe(to: "topic", group: "workers")
            let wide = try await probe.subscribe(to: "*", group: "workers")
            try await probe.publish("a", "b")
            try await probe.expectAll(["a", "b"], at: exact, wide)
        },
        ConformanceCase(
            "group.isOfOneName",
            "S8",
            "Names of groups are compared byte for byte.",
            needs: shared
        ) { probe in
            let names = ["caf\u{E9}", "cafe\u{301}", "CAFE", "cafe"]
            var members: [Subscription] = []
            for name in names { members.append(try await probe.subscribe(group: name)) }
            try await probe.publish("a")
            for member in members { try await probe.expectAll(["a"], at: member) }
        },
        ConformanceCase(
            "group.sharesEvenly",
            "S8",
            "An envelope goes to the member with the fewest in its buffer.",
            needs: [.groups, .buffered]
        ) { probe in
            let first = try await probe.subscribe(group: "workers")
            let second = try await probe.subscribe(group: "workers")
            try await probe.publish("a", "b", "c", "d")
            let early = await probe.receive(2, from: first)
            try await probe.publish("e", "f")
            await probe.close()
            let late = try await probe.drain(first)
            try probe.expect("how many had arrived at the first member", early.count, is: 2)
            try probe.expect("what arrives at the first member when it has read all", late, is: ["e", "f"])
            let rest = ["a", "b", "c", "d"].filter { !early.contains($0) }
            try probe.expect("what arrives at the second", try await probe.drain(second), is: rest)
        },
        ConformanceCase(
            "group.passesFullMembersBy",
            "S8",
            "Nothing is dropped while a member has room.",
            needs: [.groups, .buffered]
        ) { probe in
            let small = try await probe.subscribe(capacity: 1, group: "workers")
            let large = try await probe.subscribe(capacity: 5, group: "workers")
            let labels = ["a", "b", "c", "d", "e", "f"]
            try await probe.publish(labels)
            await probe.close()
            let parts = (try await probe.drain(small), try await probe.drain(large))
            try probe.expect("what arrives at both members", (parts.0 + parts.1).sorted(), is: labels)
            try probe.expect("how many at the one with room for 1", parts.0.count, is: 1)
        },
        ConformanceCase(
            "group.dropsWhenAllAreFull",
            "S8",
            "When all members are full, what one of them has asked for happens, and is told once.",
            needs: [.groups, .observed]
        ) { probe in
            let members = [
                try await probe.subscribe(capacity: 1, group: "workers"),
                try await probe.subscribe(capacity: 1, group: "workers"),
            ]
            try await probe.publish("a", "b", "c")
            let told = members.flatMap { probe.callbacks(about: $0.id) }.sorted()
            try probe.expect("callbacks", told, is: ["delivered a", "delivered b", "dropped c (buffer_full)"])
        },
        ConformanceCase(
            "group.countsAsOneMatch",
            "S8",
            "A group counts as one match: one callback about it for an envelope.",
            needs: [.groups, .observed]
        ) { probe in
            let subscriptions = [
                try await probe.subscribe(group: "workers"), try await probe.subscribe(group: "workers"),
                try await probe.subscribe(),
            ]
            try await probe.publish("a", "b")
            withExtendedLifetime(subscriptions) {}
            try probe.expect(
                "callbacks",
                probe.callbacks.sorted(),
                is: ["delivered a", "delivered a", "delivered b", "delivered b", "published a", "published b"]
            )
        },
        ConformanceCase(
            "group.asksPredicates",
            "S8",
            "Only a member whose predicate accepts an envelope gets it; when none does, nothing is told.",
            needs: [.groups, .observed]
        ) { probe in
            let even = try await probe.subscribe(group: "workers") { "bd".contains($0.label) }
            let odd = try await probe.subscribe(group: "workers") { "ac".contains($0.label) }
            try await probe.publish("a", "b", "none", "c", "d")
            try probe.expect(
                "callbacks about one",
                probe.callbacks(about: even.id),
                is: ["delivered b", "delivered d"]
            )
            try probe.expect("about the other", probe.callbacks(about: odd.id), is: ["delivered a", "delivered c"])
        },
        ConformanceCase(
            "group.waitsForAnyMember",
            "S8",
            "A publisher that waits goes on when any member has room, and that one gets the envelope.",
            needs: [.groups, .observedBlocking]
        ) { probe in
            for (topic, index) in [("first", 0), ("second", 1)] {
                let members = [
                    try await probe.subscribe(to: topic, capacity: 1, backpressure: .block, group: "workers"),
                    try await probe.subscribe(to: topic, capacity: 1, backpressure: .block, group: "workers"),
                ]
                try await probe.publish("a", "b", on: topic)
                let publish = probe.attempt { try await probe.publish("c", on: topic) }
                let early = try await publish.result(within: probe.stayQuiet)
                try probe.expect(early == nil, "publish to wait while all members are full", seen: "it ended")
                _ = await probe.receive(1, from: members[index])
                try await probe.expectEnd(of: publish, "the waiting publish")
                try probe.expect("what arrives", await probe.receive(1, from: members[index]), is: ["c"])
            }
        },
        ConformanceCase(
            "group.isTold",
            "S8",
            "The observer is told of the group, and the subscription has it.",
            needs: [.groups, .observed]
        ) { probe in
            let member = try await probe.subscribe(group: "workers")
            let plain = try await probe.subscribe()
            try probe.expect("the subscription's group", member.group, is: "workers")
            try probe.expect("the group of one in none", plain.group, is: nil)
            let told = probe.observer.recorder.openSubscriptions.filter { [member.id, plain.id].contains($0.id) }
            try probe.expect("the groups that are told", told.map(\.group), is: ["workers", nil])
        },
        ConformanceCase(
            "group.refusesNames",
            "S8",
            "A group is not empty nor too long and holds no blank, control character or wildcard.",
            needs: .groups
        ) { probe in
            let long = String(repeating: "x", count: SubscriptionOptions.maximumGroupUTF8Count)
            for name in ["", "a b", "a\n", "\u{7}", "a\u{A0}b", "a\u{85}", "*", "a>", long + "x"] {
                try await probe.expect("a group called \(name.excerpt)", throws: .invalidConfiguration) {
                    _ = try await probe.open(SubscriptionOptions(group: name))
                }
            }
            for name in [long, "eu.workers", "arbeiter-ä"] {
                _ = try await probe.open(SubscriptionOptions(group: name))
            }
        },
        ConformanceCase(
            "group.isRefused",
            "S8",
            "A bus without groups refuses a subscription that asks to be a member of one.",
            needs: .refusesGroups
        ) { probe in
            try await probe.expect("a group on a bus that has none", throws: .invalidConfiguration) {
                _ = try await probe.open(SubscriptionOptions(group: "workers"))
            }
        },
    ]
}
