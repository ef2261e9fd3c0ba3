import EventCore
import Foundation
import ProcessSupport
import Testing

extension FieldCase {
    private static let envelope = envelopeLine("a", id: 1)

    /// Standard input, output and error that are closed or full.
    static let streams = [
        FieldCase("a reader that goes away ends a command quietly") {
            for script in [
                #"yes '\#(envelope)' | head -5000 | "$0" route 2>/dev/null | head -1"#,
                #""$0" --help | head -1"#,
            ] {
                let outcome = try await Program.run(by: script)
                #expect(outcome.lines.count == 1)
                #expect(outcome.errors == "")
            }
            let script = #"{ "$0" route; echo "status $?" >&2; } | true"#
            let outcome = try await Program.run(by: script, input: "\(envelope)\n".utf8)
            let status = outcome.errors.split(separator: "\n").last
            #expect(["status 0", "status 141"].contains(status))
        },
        FieldCase("a full disk is told by its name, and the status is 74") {
            for command in ["route", "--help", "--version", "keygen \"$(mktemp -d)/k\""] {
                let script = #"exec "$0" \#(command) >/dev/full"#
                let outcome = try await Program.run(by: script, input: envelope.utf8)
                #expect(outcome.status == 74, "\(command)")
                #expect(outcome.errors.contains("standard output: No space left on device"))
            }
            let bus = "zmq:?publish=bind:tcp://127.0.0.1:*"
            let peers = try await Program.run(
                ["peers", "--within", "0", "--bus", bus],
                by: #"exec "$0" "$@" >/dev/full"#
            )
            // There is nobody, so there is nothing to print.
            #expect(peers.status == 1)
        },
        FieldCase("closed or full standard error ends nothing") {
            for end in ["2>&-", "2>/dev/full", "2>&1 >/dev/null | true"] {
                let script = #""$0" pub --bus noop: \#(end); echo done"#
                let outcome = try await Program.run(by: script, input: "xyz\n\(envelope)\n".utf8)
                #expect(outcome.output == "done\n")
            }
            let script = #""$0" pub --bus noop: 2>&-; echo "status $?""#
            let outcome = try await Program.run(by: script, input: "xyz\n\(envelope)\n".utf8)
            #expect(outcome.output == "status 65\n")
        },
        FieldCase("a standard stream that is closed from the start is told, and never a socket") {
            let input = try await Program.run(by: #"exec "$0" pub --bus noop: <&-"#)
            #expect(input.status == 74)
            #expect(input.errors == "Error: standard input: it is closed\n")
            let output = try await Program.run(by: #"exec "$0" route >&-"#, input: envelope.utf8)
            #expect(output.status == 74)
            #expect(output.errors.hasPrefix("standard output: it is closed\n"))
            #if os(Linux)
            // What the numbers lead to is asked of a program that runs.
            let bus = "zmq:?subscribe=bind:tcp://127.0.0.1:*"
            let script =
                #""$0" sub a --bus '\#(bus)' --within 1h <&- >&- 2>/dev/null &"# + """

                    while [ "$(ls /proc/$!/task 2>/dev/null | wc -l)" -lt 5 ]; do :; done
                    readlink /proc/$!/fd/0 /proc/$!/fd/1
                    kill $!
                    """
            let outcome = try await Program.run(by: script)
            #expect(outcome.output == "/dev/null\n/dev/null\n")
            #endif
        },
    ]

    /// SIGINT, SIGTERM and SIGHUP at any moment.
    static let signals = [
        FieldCase("a signal ends every command, whenever during its start-up it comes") {
            let bound = "bind:tcp://127.0.0.1:*"
            let commands = [
                ["sub", "a", "--bus", "zmq:?subscribe=\(bound)"], ["route"], ["pub", "--bus", "noop:"],
                ["pub", "a", "--wait-for-subscribers", "1", "--within", "1h", "--bus", "zmq:?publish=\(bound)"],
                ["peers", "--within", "1h", "--bus", "zmq:?publish=\(bound)"],
            ]
            for (index, command) in commands.enumerated() {
                for round in 0..<30 {
                    let program = try Program(command)
                    let moment = ContinuousClock.now + .milliseconds(5 * round)
                    while .now < moment { await Task.yield() }
                    let signal = [SIGINT, SIGTERM, SIGHUP][(index + round) % 3]
                    program.send(signal: signal)
                    // One that is lost would leave it running until it is killed.
                    let status = await program.outcome().status
                    #expect([0, 1, 128 + signal].contains(status), "\(command) in round \(round)")
                }
            }
        },
        FieldCase("a signal ends a command that waits for somebody to write to a named pipe") {
            try await withTemporaryDirectory { directory in
                #expect(unsafe mkfifo(directory + "/pipe", 0o600) == 0)
                for command in ["route", "pub --bus noop: --file"] {
                    let script = #"exec "$0" \#(command) \#(directory)/pipe"#
                    let program = try Program([], by: script)
                    try await eventually { try program.hasOpened(directory + "/pipe") }
                    program.send(signal: SIGTERM)
                    #expect([0, 1].contains(await program.outcome().status))
                }
            }
        },
        FieldCase("a SIGHUP that is ignored from the start, as nohup asks for, ends nothing") {
            let program = try Program([], by: #"trap '' HUP; exec "$0" route"#)
            for id in 1...2 {
                program.send("\(envelopeLine("a", id: id))\n".utf8)
                #expect(await program.readLine()?.hasSuffix("{\"n\":\(id)}") == true)
                program.send(signal: SIGHUP)
            }
            program.closeInput()
            #expect(await program.outcome().status == 0)
        },
        FieldCase("two different signals are two, however close") {
            try await BusLink.with { link in
                let program = try Program(["sub", "a", "--bus", link.subscribing])
                #expect(await program.errorLine(beginning: "subscribed to") != nil)
                program.send(signal: SIGINT)
                program.send(signal: SIGTERM)
                #expect([0, 128 + SIGTERM, 128 + SIGINT].contains(await program.outcome().status))
            }
        },
        FieldCase("one signal ends a command whose output nobody takes") {
            let program = try Program(["route"])
            program.send(alternatingLines(20_000))
            try await eventually { program.unreadCount >= 60_000 }
            program.send(signal: SIGTERM)
            // Nothing is read, so it is stuck until it gives up; asked for before the output is read.
            #expect(await program.status() == 128 + SIGTERM)
            _ = await program.outcome()
        },
        FieldCase("one signal ends a command that waits, however long its bus may linger, when nothing is left to send")
        {
            try await BusLink.with { link in
                let bus = "zmq:?publish=connect:\(link.address)&linger=1h"
                let program = try Program(["pub", "--bus", bus, "--wait-for-subscribers", "1", "--within", "1h"])
                program.send("\(envelope)\n".utf8)
                #expect(await program.errorLine(beginning: "refused") != nil)
                program.send(signal: SIGINT)
                #expect(await program.outcome().status == 1)
            }
        },
    ]
}
