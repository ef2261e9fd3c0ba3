import EventCore
import Foundation
import ProcessSupport
import Testing

extension FieldCase {
    /// Addresses that are announced, and those that contradict one another.
    static let addresses = [
        FieldCase("an address that is announced for all interfaces can be connected to") {
            for host in ["*", "0.0.0.0"] {
                let bus = "zmq:?subscribe=bind:tcp://\(host):*&security=none"
                let subscriber = try Program(["sub", "a", "--count", "1", "--bus", bus])
                let bound = try #require(await subscriber.errorLine(beginning: "bound tcp://")).dropFirst(6)
                #expect(!bound.contains("*") && !bound.contains("0.0.0.0"))
                let arguments = ["pub", "a", "1", "--wait-for-subscribers", "1", "--within", "30s"]
                let published = try await Program.run(arguments + ["--bus", "zmq:?publish=connect:\(bound)"])
                #expect(published.status == 0, "\(published.errors)")
                #expect(await subscriber.outcome().lines.count == 1)
            }
        },
        FieldCase("localhost could not be bound, and the message was a riddle") {
            let subscriber = try Program(["sub", "a", "--bus", "zmq:?subscribe=bind:tcp://localhost:*"])
            #expect(await subscriber.errorLine(beginning: "bound tcp://127.0.0.1:") != nil)
            subscriber.send(signal: SIGTERM)
            #expect(await subscriber.outcome().status == 0)
        },
        FieldCase("a relative path is announced in a way that works from any directory") {
            try await withTemporaryDirectory { directory in
                let script = #"cd '\#(directory)' && exec "$0" "$@""#
                let arguments = ["sub", "a", "--count", "1", "--bus", "zmq:?subscribe=bind:ipc://s"]
                let subscriber = try Program(arguments, by: script)
                let bound = try #require(await subscriber.errorLine(beginning: "bound ")).dropFirst(6)
                #expect(bound.hasPrefix("ipc:///"))
                let published = try await Program.run(
                    ["pub", "a", "1", "--wait-for-subscribers", "1", "--bus", "zmq:?publish=connect:\(bound)"]
                )
                #expect(published.status == 0, "\(published.errors)")
                #expect(await subscriber.outcome().lines.count == 1)
            }
        },
        FieldCase("an IPv6 address needs no further option, and contradicts ipv6=false") {
            let accepted = try await Program.run(
                ["sub", "a", "--within", "0", "--bus", "zmq:?subscribe=connect:tcp://[::1]:5556"]
            )
            #expect(accepted.status == 0)
            let refused = try await Program.run(
                ["sub", "a", "--bus", "zmq:?subscribe=connect:tcp://[::1]:5556&ipv6=false"]
            )
            #expect(refused.status == 64)
            #expect(refused.errors.contains("'ipv6'") && refused.errors.contains("'subscribe'"))
        },
        FieldCase("one address cannot be published at and subscribed to") {
            for endpoint in ["bind:tcp://127.0.0.1:5556", "connect:ipc:///tmp/x", "bind:ipc://x"] {
                let bus = "zmq:?publish=\(endpoint)&subscribe=\(endpoint)"
                let outcome = try await Program.run(["sub", "a", "--bus", bus])
                #expect(outcome.status == 64)
                #expect(outcome.errors.contains("'publish' and 'subscribe'"))
            }
        },
    ]

    private static let example = "'zmq:?subscribe=bind:tcp://127.0.0.1:5556'"

    /// What is said when something is not right: what was given, what is possible, and an example that works.
    static let messages = [
        FieldCase("a bus that is not chosen, or chosen badly, is told with an example that works") {
            let cases: [(bus: String?, parts: [String])] = [
                (nil, ["EVENT_BUS, which is not set"]), ("", ["EVENT_BUS, which is empty"]),
                ("zmq", ["EVENT_BUS", "a colon is missing, as in zmq:", "memory, nats, nats+tls, noop, zmq"]),
                ("zmq?subscribe=bind:ipc://x", ["a colon is missing, as in zmq:?"]),
                ("s3cret", ["EVENT_BUS", "no scheme", "memory, nats, nats+tls, noop, zmq"]),
                (" zmq:", ["EVENT_BUS", "it begins with white space"]),
                ("tcp://127.0.0.1:5556", ["unknown transport 'tcp'", "memory, nats, nats+tls, noop, zmq"]),
                ("memory:", ["EVENT_BUS", "memory: bus ends with this process"]),
                ("zmq:?lingr=1s", ["unknown option 'lingr'", "linger"]), ("zmq:", ["no 'subscribe' endpoint"]),
                ("zmq:?subscribe=tcp://s3cret:1", ["'subscribe' must be bind: or connect:"]),
            ]
            for (bus, parts) in cases {
                let outcome = try await Program.run(["sub", "a"], bus: bus)
                #expect(outcome.status == 64)
                for part in parts + [example] { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
                #expect(!outcome.errors.contains("s3cret"))
            }
        },
        FieldCase("the statuses are those of sysexits, and the help lists them") {
            try await BusLink.with { link in
                let subscriber = try await link.subscriber("a")
                #expect(try await Program.run(["sub", "a", "--bus", link.subscribing]).status == 69)
                subscriber.send(signal: SIGTERM)
                #expect(await subscriber.outcome().status == 0)
            }
            #expect(try await Program.run(["route", "no/such/file"]).status == 66)
            #expect(try await Program.run(["route"], input: "{}".utf8).status == 65)
            #expect(try await Program.run(["route", "--no-such-option"]).status == 64)
            let help = try await Program.run(["--help"]).output
            for status in ["64", "65", "66", "69", "74"] { #expect(help.contains("\n \(status)  ")) }
        },
    ]
}
