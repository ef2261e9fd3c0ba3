import EventCore

/// The order in which envelopes arrive: P4.
enum OrderCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "order.isKeptPerTask",
            "P4",
            "What one task publishes arrives at each subscription in that order.",
            needs: .accountsForLosses
        ) { probe in
            let one = try await probe.subscribe(capacity: 256)
            let other = try await probe.subscribe(to: ">", capacity: 256)
            let labels = (1...200).map { "\($0)" }
            try await probe.publish(labels)
            try await probe.expectAll(labels, at: one, other)
        },
        ConformanceCase(
            "order.isKeptAcrossSubjects",
            "P4",
            "The order of one task's envelopes holds across subjects.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe(to: "*", capacity: 256)
            let labels = (1...60).map { "\($0)" }
            for (index, label) in labels.enumerated() {
                try await probe.publish(label, on: ["left", "middle", "right"][index % 3])
            }
            try await probe.expectAll(labels, at: subscription, on: "left")
        },
        ConformanceCase(
            "order.isKeptAmongConcurrentTasks",
            "P4",
            "When several tasks publish at once, each one's envelopes arrive in its order, and none is missing.",
            needs: .delivers
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 256)
            try await probe.publishConcurrently(tasks: 4, envelopesEach: 50)
            let received = await probe.receive(200, from: subscription)
            try probe.expectOrderPerTask(received, tasks: 4, envelopesEach: 50)
        },
        ConformanceCase(
            "order.isKeptWhileWaiting",
            "P4",
            "The order of each task's envelopes holds although its publishes wait for room.",
            needs: .blocking
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 1, backpressure: .block)
            let publishing = probe.attempt { try await probe.publishConcurrently(tasks: 3, envelopesEach: 20) }
            let received = await probe.receive(60, from: subscription)
            try probe.expectOrderPerTask(received, tasks: 3, envelopesEach: 20)
            try await probe.expectEnd(of: publishing, "publish after everything was read")
        },
    ]
}

extension ConformanceProbe {
    /// Publishes from several tasks at once; the labels read "task 2: 17".
    func publishConcurrently(tasks: Int, envelopesEach count: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 1...tasks {
                group.addTask { try await self.publish(self.labels(ofTask: task, count: count)) }
            }
            try await group.waitForAll()
        }
    }

    fileprivate func expectOrderPerTask(_ received: [String], tasks: Int, envelopesEach count: Int) throws {
        try expect("how many arrive", received.count, is: tasks * count)
        for task in 1...tasks {
            let ofTask = received.filter { $0.hasPrefix("task \(task):") }
            try expect("what arrives from one task", ofTask, is: labels(ofTask: task, count: count))
        }
    }

    private func labels(ofTask task: Int, count: Int) -> [String] {
        (1...count).map { "task \(task): \($0)" }
    }
}
