import Testing
import TransportSupport

@Suite struct ReadinessExplorationTests {
    @Test(arguments: [ReadinessWorld.Shape.connects, .isBound])
    func `whoever waits goes on when all publishers have the subscription, and not before`(
        _ shape: ReadinessWorld.Shape
    ) async {
        let world = ReadinessWorld(shape, prefixes: 1, .init(breaks: 1, resends: 0))
        // The whole of it takes minutes; what is nearest is searched first.
        let search = await Exploration(from: world, limit: Exploration<ReadinessWorld>.isLarge ? .max : 20_000)
        print("readiness \(shape): \(search.states) states, \(search.comparisons) comparisons")
        #expect(search.fault == nil)
    }
}
