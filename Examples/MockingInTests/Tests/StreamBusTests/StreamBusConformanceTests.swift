import EventTesting
import StreamBus
import Testing

@Suite struct StreamBusConformanceTests {
    @Test(arguments: BusConformance.cases(for: .fireAndForget))
    func keeps(_ rule: ConformanceCase) async throws {
        try await rule.run { observer in
            let (publisher, subscriber) = StreamBus.pair(observer: observer)
            return BusFixture(publisher: publisher, subscriber: subscriber)
        }
    }
}
