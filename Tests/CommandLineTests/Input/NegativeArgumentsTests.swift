import Testing

@testable import eventbus

@Suite struct NegativeArgumentsTests {
    @Test func `numbers are kept from being options, up to the terminator, and come back`() {
        let arguments = ["pub", "-1", "-", "--", "-2"]
        let shielded = NegativeArguments.shielded(arguments)
        #expect(shielded == ["pub", "\0-1", "-", "--", "-2"])
        #expect(shielded.map(NegativeArguments.restored) == arguments)
        let others = ["pub", "-x", "--1", "1", "", "-é"]
        #expect(NegativeArguments.shielded(others) == others)
        #expect(NegativeArguments.shielded(["sub", "-1"]) == ["sub", "-1"])
    }
}
