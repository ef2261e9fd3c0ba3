import EventCore
import Testing

@testable import eventbus

@Suite struct PublicationLossesTests {
    private func statistics(sent: Int = 0, unheard: Int = 0, full: [String: Int] = [:]) -> LinkStatistics {
        var statistics = LinkStatistics()
        (statistics.sent, statistics.unheard) = (sent, unheard)
        statistics.sendQueueDropEpisodesByEndpoint = full
        statistics.sendQueueDropEpisodes = full.values.reduce(0, +)
        return statistics
    }

    @Test func `what everybody heard is not told`() {
        #expect(PublicationLosses(statistics(sent: 10), hasWaited: false).lines == [])
    }

    @Test func `what nobody listened to is told, and how to wait`() {
        let statistics = statistics(sent: 8, unheard: 2)
        #expect(PublicationLosses(statistics, hasWaited: true).lines == ["2 of 10 envelopes had no subscriber"])
        #expect(
            PublicationLosses(statistics, hasWaited: false).lines
                == ["2 of 10 envelopes had no subscriber; --wait-for-subscribers 1 waits for one"]
        )
    }

    @Test func `a queue that was full is told by its endpoint`() {
        let statistics = statistics(sent: 1, full: ["tcp://b:1": 3, "tcp://a:1": 1])
        #expect(
            PublicationLosses(statistics, hasWaited: true).lines == [
                "the queue of a subscriber at tcp://a:1 was full once, and it lost envelopes",
                "the queue of a subscriber at tcp://b:1 was full 3 times, and it lost envelopes",
                "a greater sendHighWaterMark holds more",
            ]
        )
    }

    @Test func `a full queue is told even if nobody knows whose it was`() {
        var statistics = statistics(sent: 1)
        statistics.sendQueueDropEpisodes = 2
        #expect(
            PublicationLosses(statistics, hasWaited: true).lines.first
                == "the queue of a subscriber was full 2 times, and it lost envelopes"
        )
    }
}
