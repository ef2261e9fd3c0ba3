import ProcessSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CompletionTests {
    @Test(arguments: ["bash", "zsh", "fish"])
    func `a completion script has the commands and the kinds of bus`(shell: String) async throws {
        let run = try await Program.run(["--generate-completion-script", shell])
        #expect(run.status == 0)
        for word in ["pub", "sub", "route", "memory", "noop", "zmq"] {
            #expect(run.output.contains(word), "\(word) is missing")
        }
    }
}
