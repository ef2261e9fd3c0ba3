import Foundation
import IntegrationSupport
import Testing

/// The processes of these tests, when they do not do as they should.
@Suite(.timeLimit(.minutes(1))) struct ChildProcessTests {
    private func failure(of script: String, within limit: Duration) async throws -> String {
        let shell = URL(filePath: "/bin/sh")
        let process = try ChildProcess("shell", executable: shell, arguments: ["-c", script])
        let error = await #expect(throws: ChildProcess.Failure.self) {
            while true { _ = try await process.nextLine(within: limit) }
        }
        return error?.description ?? ""
    }

    @Test func `a process that ends fails whoever waits for it, with its errors`() async throws {
        let failure = try await failure(of: "echo one; echo broken >&2; exit 3", within: .seconds(60))
        #expect(failure == "shell ended with status 3; its errors:\nbroken\n")
    }

    @Test func `a process that a signal ends fails whoever waits for it, with the signal`() async throws {
        let failure = try await failure(of: "echo broken >&2; kill -KILL $$", within: .seconds(60))
        #expect(failure == "shell ended with status -9; its errors:\nbroken\n")
    }

    @Test func `a process that hangs is killed, and fails whoever waits for it`() async throws {
        let failure = try await failure(of: "echo stuck >&2; kill -STOP $$", within: .seconds(1))
        #expect(failure == "shell said nothing for 1.0 seconds; its errors:\nstuck\n")
    }

    @Test func `a process does not outlive its stage, nor one that has failed`() async throws {
        struct Broken: Error {}
        var processes: [ChildProcess] = []
        for fails in [false, true] {
            do {
                try await Stage.run { stage in
                    let process = try stage.start("cat", URL(filePath: "/bin/cat"), [])
                    try process.send("still there")
                    #expect(try await process.nextLine() == "still there")
                    processes.append(process)
                    if fails { throw Broken() }
                }
                #expect(!fails)
            } catch is Broken {
                #expect(fails)
            }
        }
        #expect(processes.map(\.isRunning) == [false, false])
    }

    @Test func `a peer ends with its input, whatever it is waiting for`() async throws {
        try await Stage.run { stage in
            let peer = try await stage.publisher(at: stage.address())
            try peer.process.send(#"{"awaitSubscribers":{"subject":"nobody","count":1}}"#)
            peer.process.closeInput()
            await #expect(throws: ChildProcess.Failure.self) { try await peer.process.nextLine() }
            #expect(!peer.process.isRunning)
        }
    }
}
