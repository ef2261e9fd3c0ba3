import EventCore
import Foundation
import ProcessSupport
import Testing

extension FieldCase {
    /// The program `eventbus`, as it is used from a shell.
    static let commandLine = lines + arguments + inputs + streams + signals + addresses + messages

    /// What stands in texts and must not break a line or steer a terminal: ends of lines, C1, marks of direction.
    private static let hostile = "x\u{A}\u{D}\u{85}\u{9B}\u{2028}\u{2029}\u{202E}\u{2066}\u{200F}\u{7F}y"

    private static let lines = [
        FieldCase("an envelope is one line of text, whatever its subject, headers and payload hold") {
            var envelope = Envelope(subject: try Subject(validating: hostile), headers: [hostile: hostile])
            envelope.payload = try JSONEncoder().encode(hostile)
            let outcome = try await Program.run(["route"], input: envelope.jsonData())
            #expect(outcome.status == 0)
            #expect(outcome.output.hasSuffix("\n"))
            let line = outcome.output.dropLast()
            #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
            #expect(!line.unicodeScalars.contains { (0x200E...0x2069).contains($0.value) })
        },
        FieldCase("a pretty-printed payload is one line of text, and one of JSON that means the same") {
            try await BusLink.with { link in
                let text = try await link.subscriber("a", "--count", "1")
                let payload = "{\n  \"a\" : [\n    1.50\n  ],\r\n\t\"b\" : \" \u{2028} \"\n}\n"
                #expect(try await link.publish("a", "-", input: payload.utf8).status == 0)
                #expect(await text.outcome().lines.count == 1)

                let json = try await link.subscriber("a", "--count", "1", "--output", "json")
                #expect(try await link.publish("a", "-", input: payload.utf8).status == 0)
                let output = await json.outcome().output
                #expect(output.hasSuffix(#""payload":{"a":[1.50],"b":" \u2028 "}}"# + "\n"))
            }
        },
        FieldCase("a payload of many separators of lines took the time of its length squared to print") {
            let text = String(repeating: "\u{2028}", count: 1_000_000)
            let line = #"{"subject":"a","payload":"\#(text)"}"# + "\n"
            let outcome = try await Program.run(["route", "--output", "json"], input: line.utf8)
            #expect(outcome.status == 0 && outcome.output.utf8.count > 6_000_000)
        },
        FieldCase("what route prints as JSON, pub publishes as it was") {
            let input = alternatingLines(50)
            let routed = try await Program.run(["route", "--subscribe", "a.*", "--output", "json"], input: input)
            #expect(routed.lines.count == 25)
            try await BusLink.with { link in
                let subscriber = try await link.subscriber("a.*", "--count", "25", "--output", "json")
                let published = try await link.publish(input: routed.output.utf8)
                #expect(published.status == 0)
                #expect(published.errors == "")
                let original = String(decoding: input, as: UTF8.self).split(separator: "\n").filter {
                    $0.contains("a.0")
                }
                #expect(await subscriber.outcome().lines == original)
            }
        },
        FieldCase("the greatest payload beside long headers goes from route to pub, and one byte more is told") {
            let size = 16 << 20
            func line(_ size: Int) -> Data {
                let headers = String(repeating: "h", count: 1 << 20)
                let payload = String(repeating: "p", count: size - 2)
                return Data("{\"subject\":\"a\",\"headers\":{\"k\":\"\(headers)\"},\"payload\":\"\(payload)\"}\n".utf8)
            }
            let routed = try await Program.run(["route", "--output", "json"], input: line(size))
            #expect(routed.status == 0)
            #expect(try await Program.run(["pub", "--bus", "noop:"], input: routed.output.utf8).status == 0)
            let refused = try await Program.run(["pub", "--bus", "noop:"], input: line(size + 1))
            #expect(refused.status == 65)
            #expect(refused.errors.contains("16777217 bytes exceeds the limit of 16777216"))
        },
        FieldCase("the limits of a line stand in the help of what reads lines") {
            for command in ["pub", "route"] {
                let help = try await Program.run([command, "--help"]).output.replacing("\n", with: " ")
                #expect(help.contains("33560640") && help.contains("16777216"))
            }
        },
    ]

    private static let arguments = [
        FieldCase("a number of JSON is a payload, also when it begins with a minus") {
            for payload in ["-1", "-0", "-1.5e-3", "-12345678901234567890", "0.5", "1e400", "1E+2"] {
                for arguments in [["a", payload, "--bus", "noop:"], ["--bus", "noop:", "a", payload]] {
                    let outcome = try await Program.run(["pub"] + arguments)
                    #expect(outcome.status == 0, "\(payload): \(outcome.errors)")
                }
            }
            try await BusLink.with { link in
                let subscriber = try await link.subscriber("a", "--count", "1")
                #expect(try await link.publish("a", "-1.50").status == 0)
                #expect(await subscriber.outcome().output.hasSuffix("  -1.50\n"))
            }
        },
        FieldCase("what is no option and no number is told as it was typed") {
            for argument in ["-x", "--1", "-1x"] {
                let outcome = try await Program.run(["pub", "a", argument, "--bus", "noop:"])
                #expect(outcome.status == 64)
                #expect(!outcome.errors.utf8.contains(0))
            }
            let count = try await Program.run(["pub", "a", "--wait-for-subscribers", "-5", "--bus", "noop:"])
            #expect(count.errors.contains("'-5' is invalid"))
        },
        FieldCase("times have fractions") {
            for time in ["0.05", "0.05s", "50.0ms", "0.001m"] {
                let outcome = try await Program.run(
                    ["sub", "a", "--within", time, "--bus", "zmq:?subscribe=bind:tcp://127.0.0.1:*"]
                )
                #expect(outcome.status == 0)
            }
            for time in [".5", "5.", "1.s", "1.5.5s", "-1s", "1e3"] {
                #expect(try await Program.run(["sub", "a", "--within=\(time)"]).status == 64)
            }
        },
        FieldCase("what is repeated of an argument stays on its line") {
            for arguments in [["route", "no\nsuch"], ["sub", "a", "--within=1\n2"], ["route", "--output", "a\nb"]] {
                let errors = try await Program.run(arguments).errors
                #expect(errors.contains("\\n") && !errors.contains("no\nsuch") && !errors.contains("a\nb"))
                #expect(!errors.contains("1\n2"))
            }
        },
        FieldCase("an argument that is no UTF-8 is refused with its number, and the bus from the environment as well") {
            let script = #"exec "$0" pub a "\"$(printf 'x\377')\"" --bus noop:"#
            let argument = try await Program.run(by: script)
            #expect(argument.status == 64)
            #expect(argument.errors.hasPrefix("Error: Argument 3 is no UTF-8 at byte 2"))
            let variable = try await Program.run(by: #"EVENT_BUS=$(printf 'noop:\377') exec "$0" pub a"#)
            #expect(variable.status == 64)
            #expect(variable.errors.hasPrefix("Error: EVENT_BUS is no UTF-8 at byte 5"))
        },
        FieldCase("two header keys are the same when their bytes are") {
            let (composed, decomposed) = ("\u{E9}", "e\u{301}")
            let line = #"{"subject":"a","headers":{"\#(composed)":"1"}}"#
            for (key, count) in [(composed, 1), (decomposed, 0)] {
                let outcome = try await Program.run(["route", "--header", "\(key)=1"], input: line.utf8)
                #expect(outcome.lines.count == count)
            }
            let value = #"{"subject":"a","headers":{"k":"\#(composed)"}}"#
            #expect(try await Program.run(["route", "--header", "k=\(decomposed)"], input: value.utf8).lines.isEmpty)
            let twice = ["pub", "a", "--bus", "noop:", "--header", "\(composed)=1", "--header"]
            #expect(try await Program.run(twice + ["\(composed)=2"]).errors.contains("given twice"))
            #expect(try await Program.run(twice + ["\(decomposed)=2"]).status == 0)
            let both = #"{"subject":"a","headers":{"\#(decomposed)":"2","\#(composed)":"1"}}"#
            for format in ["text", "json"] {
                let output = try await Program.run(["route", "--output", format], input: both.utf8).output
                for key in [composed, decomposed] { #expect(Array(output.utf8).contains(Array(key.utf8))) }
            }
            // An accent after the sign of equality belongs to the value.
            #expect(try await Program.run(["pub", "a", "--bus", "noop:", "--header", "k=\u{301}"]).status == 0)
        },
    ]

    private static let inputs = [
        FieldCase("a mark of UTF-8, any end of line and a last line without one make no difference") {
            let (first, second) = (envelopeLine("a", id: 1), envelopeLine("a", id: 2))
            for input in [
                "\u{FEFF}\(first)\n\(second)\n", "\u{FEFF}\(first)\r\n\(second)", "\(first)\r\n\(second)\r\n",
            ] {
                let outcome = try await Program.run(["route"], input: input.utf8)
                #expect(outcome.status == 0)
                #expect(outcome.printedIDs == [">": [1, 2]])
            }
            #expect(
                try await Program.run(["pub", "a", "-", "--bus", "noop:"], input: "\u{FEFF}1\r\n".utf8).status == 0
            )
        },
        FieldCase("UTF-16 is told once, with what to do") {
            let text = "\(envelopeLine("a", id: 1))\n\(envelopeLine("a", id: 2))\n"
            for encoding in [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32] {
                let input = try #require(text.data(using: encoding))
                for arguments in [["pub"], ["pub", "a", "-"]] {
                    let outcome = try await Program.run(arguments + ["--bus", "noop:"], input: input)
                    #expect(outcome.status == 65)
                    #expect(outcome.errors.contains("iconv -f UTF-16"))
                    #expect(outcome.errors.split(separator: "\n").count == 1)
                }
            }
        },
        FieldCase("an empty input is a success of no envelopes") {
            for input in ["", "\u{FEFF}", "\n", "\r\n\r\n", " "] {
                for arguments in [["pub", "--bus", "noop:"], ["route"]] {
                    let outcome = try await Program.run(arguments, input: input.utf8)
                    #expect(outcome.status == 0)
                    #expect(outcome.output == "")
                }
            }
        },
    ]
}
