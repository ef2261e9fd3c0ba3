import EventCore

/// What connects a bus with others: `Bus.link`, and the losses it counts.
enum LinkCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "link.isForwarded",
            "Bus.link",
            "A bus that wraps another one has the other's link, and every bus answers with the same one each time."
        ) { probe in
            for bus in [probe.fixture.publisher, probe.subscriber] {
                let (link, again) = (bus.link, bus.link)
                try probe.expectSame(link, again, "the link that is asked for again")
                guard let wrapped = probe.fixture.wrapped else { continue }
                try probe.expectSame(link, wrapped.link, "the link of the wrapped bus")
            }
        },
        ConformanceCase(
            "link.countsLosses",
            "Bus.link",
            "What is published for a subscription arrives there or is counted as lost, each envelope once.",
            needs: .accountsForLosses
        ) { probe in
            let subscription = try await probe.subscribe(capacity: 4096)
            let (before, labels) = (probe.reportedLosses, (1...300).map { "\($0)" })
            try await probe.publish(labels)
            let received = try await probe.receiveAll(from: subscription)
            let published = probe.publishedCount
            let isExact = await probe.comesTrue {
                let losses = probe.reportedLosses - before
                return losses.unknown > 0 || received.count + losses.counted == published
            }
            let losses = probe.reportedLosses - before
            try probe.expect(
                isExact,
                "\(published) envelopes received or counted as lost within \(probe.waitFor)",
                seen: "\(received.count) received, \(losses.counted) counted as lost"
            )
            try probe.expect("how often one arrives", Set(received.labels).count, is: received.labels.count)
        },
    ]
}

extension ConformanceProbe {
    /// How many envelopes of the run, marks included, `publish` has taken.
    fileprivate var publishedCount: Int {
        observer.story.entries.count { $0.hasPrefix("publish of ") && $0.hasSuffix(" returned") }
    }

    fileprivate func expectSame(
        _ link: (any BusLink)?,
        _ other: (any BusLink)?,
        _ name: String
    ) throws(ConformanceFailure) {
        let isSame =
            switch (link, other) {
            case (nil, nil): true
            // One that is a value has no identity to compare.
            case (let link?, let other?):
                type(of: link) == type(of: other)
                    && (!(type(of: link) is AnyClass) || link as AnyObject === other as AnyObject)
            default: false
            }
        let seen = link.map { "another one, a \(type(of: $0))" } ?? "none"
        try expect(isSame, "\(name): \(other.map { "a \(type(of: $0))" } ?? "none")", seen: seen)
    }
}
