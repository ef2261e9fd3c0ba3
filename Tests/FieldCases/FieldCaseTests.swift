import Testing

/// What people ran into, one test for each sentence.
@Suite(.timeLimit(.minutes(5)))
struct FieldCaseTests {
    @Test(arguments: FieldCase.values)
    func values(_ value: FieldCase) async throws { try await value.check() }

    @Test(arguments: FieldCase.contract)
    func contract(_ value: FieldCase) async throws { try await value.check() }

    @Test(arguments: FieldCase.suite)
    func suite(_ suite: FieldCase) async throws { try await suite.check() }

    @Test(arguments: FieldCase.traces)
    func traces(_ trace: FieldCase) async throws { try await trace.check() }

    @Test(arguments: FieldCase.commandLine)
    func commandLine(_ value: FieldCase) async throws { try await value.check() }
}
