import EventCore
import Testing

@testable import EventLogging

@Suite struct DropEpisodesTests {
    private let a = SubscriptionID(rawValue: "a")
    private let b = SubscriptionID(rawValue: "b")
    private var episodes = DropEpisodes(interval: .seconds(10), maximumCount: 1)

    @Test mutating func `only the first drop begins an episode`() {
        let first = episodes.drop(from: a, at: .zero)
        #expect(first)
        let second = episodes.drop(from: a, at: .seconds(1))
        #expect(!second)
        let reports = episodes.reports(at: .seconds(9))
        #expect(reports == [])
    }

    @Test mutating func `an episode that goes on is reported once in an interval`() {
        for second in 0...25 {
            _ = episodes.drop(from: a, at: .seconds(second))
            let reports = episodes.reports(at: .seconds(second))
            switch second {
            case 10: #expect(reports == [.init(subscription: a, state: .goesOn, unreported: 10, total: 11)])
            case 20: #expect(reports == [.init(subscription: a, state: .goesOn, unreported: 10, total: 21)])
            default: #expect(reports == [])
            }
        }
    }

    @Test mutating func `an episode ends when nothing was lost for an interval, and the next drop begins another`() {
        _ = episodes.drop(from: a, at: .zero)
        _ = episodes.drop(from: a, at: .seconds(4))
        let early = episodes.reports(at: .seconds(13))
        #expect(early == [.init(subscription: a, state: .goesOn, unreported: 1, total: 2)])
        #expect(episodes.nextDue == .seconds(14))
        let due = episodes.reports(at: .seconds(14))
        #expect(due == [.init(subscription: a, state: .over, unreported: 0, total: 2)])
        #expect(episodes.nextDue == nil)
        let begins = episodes.drop(from: a, at: .seconds(15))
        #expect(begins)
    }

    @Test mutating func `beyond the limit subscriptions share an episode`() {
        let known = episodes.drop(from: a, at: .zero)
        #expect(known)
        let other = episodes.drop(from: b, at: .zero)
        #expect(other)
        let third = episodes.drop(from: SubscriptionID(rawValue: "c"), at: .zero)
        #expect(!third)
        let reports = episodes.reports(at: .seconds(10))
        #expect(reports.count == 2)
        #expect(reports.contains(.init(subscription: nil, state: .over, unreported: 1, total: 2)))
    }

    @Test mutating func `ending all reports all`() {
        _ = episodes.drop(from: a, at: .zero)
        _ = episodes.drop(from: a, at: .zero)
        let ended = episodes.endAll()
        #expect(ended == [.init(subscription: a, state: .over, unreported: 1, total: 2)])
        let again = episodes.endAll()
        #expect(again == [])
        #expect(episodes.nextDue == nil)
    }
}
