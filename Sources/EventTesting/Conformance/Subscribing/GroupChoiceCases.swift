import EventCore

/// Who of a group gets an envelope: S8.
enum GroupChoiceCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "group.prefersWhoWaits",
            "S8",
            "An envelope goes to a member that waits for one rather than to one whose buffer is empty.",
            needs: [.groups, .buffered]
        ) { probe in
            let (idle, reading) = (try await probe.member(), try await probe.member())
            let queue = ConsumerQueue(reading, probe)
            for round in 1...4 {
                let reader = await queue.next()
                try await probe.publish("\(round)")
                let received = try await probe.expectEnd(of: reader, "the member that waits")
                try probe.expect("what the member gets that waits", received, is: "\(round)")
            }
            await probe.close()
            try probe.expect("what the other gets", try await probe.drain(idle), is: [])
        },
        ConformanceCase(
            "group.asksWhoHasFewest",
            "S8",
            "When all members are full, the policy of the one with the fewest in its buffer counts.",
            needs: [.groups, .buffered]
        ) { probe in
            // Whoever comes first: one is asked that drops what it has, or one that drops what comes.
            for (topic, small) in [("small first", 0), ("small last", 1)] {
                for policy in [BackpressurePolicy.dropOldest, .dropNewest] {
                    let other: BackpressurePolicy = policy == .dropOldest ? .dropNewest : .dropOldest
                    let topic = "\(topic), \(policy)"
                    let capacities = small == 0 ? [(1, policy), (2, other)] : [(2, other), (1, policy)]
                    var members: [Subscription] = []
                    for (capacity, policy) in capacities {
                        members.append(try await probe.member(of: topic, capacity: capacity, backpressure: policy))
                    }
                    try await probe.publish(["a", "b", "c", "new"], on: topic)
                    var buffered = await probe.receive(1, from: members[small])
                    buffered += await probe.receive(2, from: members[1 - small])
                    let isNewest = buffered.first == "new"
                    try probe.expect("how much is buffered", buffered.count, is: 3)
                    try probe.expect("whether the small one has the newest", isNewest, is: policy == .dropOldest)
                    try probe.expect("whether the other one has it", buffered.dropFirst().contains("new"), is: false)
                }
            }
        },
        ConformanceCase(
            "group.letsNewMembersIn",
            "S8",
            "A publisher that waits for a group goes on when a member comes that has room, and that one gets the envelope.",
            needs: [.groups, .observedBlocking]
        ) { probe in
            let full = try await probe.member(capacity: 1, backpressure: .block)
            try await probe.publish("a")
            let publish = try await probe.park("b")
            let new = try await probe.member()
            try await probe.expectEnd(of: publish, "the waiting publish")
            try probe.expect("what arrives at the new member", await probe.receive(1, from: new), is: ["b"])
            try probe.expect("what arrives at the full one", await probe.receive(1, from: full), is: ["a"])
        },
    ]
}
