import EventTransport
import Testing

@Suite struct TransportURLTests {
    private static func settings(_ pairs: (String, String)...) -> [TransportSetting] {
        pairs.map { TransportSetting(name: $0.0, value: $0.1) }
    }

    @Test(
        "is taken apart",
        arguments: [
            ("memory:", "memory", []), ("memory:?", "memory", []), ("MeM+x.1-y:", "mem+x.1-y", []), ("a:", "a", []),
            ("m:?a=b", "m", settings(("a", "b"))), ("m:?a=", "m", settings(("a", ""))),
            ("m:?a=b&a=c&b=a", "m", settings(("a", "b"), ("a", "c"), ("b", "a"))),
            ("m:?A=b&a=B", "m", settings(("A", "b"), ("a", "B"))),
            ("m:?a=b=c==", "m", settings(("a", "b=c=="))), ("m:?a==", "m", settings(("a", "="))),
            ("m:?a=1+2", "m", settings(("a", "1+2"))), ("m:?a=%2B%20", "m", settings(("a", "+ "))),
            ("m:?a=%26%3D%23%25%3F", "m", settings(("a", "&=#%?"))), ("m:?%61%3D=b", "m", settings(("a=", "b"))),
            ("m:?a=%e2%82%aC", "m", settings(("a", "€"))), ("m:?ä=日本", "m", settings(("ä", "日本"))),
            ("m:?a=%2541", "m", settings(("a", "%41"))), ("m:?a=b?c/d:e@f;g,h", "m", settings(("a", "b?c/d:e@f;g,h"))),
            ("m:?a=%00", "m", settings(("a", "\0"))), ("m:??=?", "m", settings(("?", "?"))),
            (
                "zmq:?publish=bind:tcp://127.0.0.1:5556&subscribe=connect:tcp://[::1]:5557", "zmq",
                settings(("publish", "bind:tcp://127.0.0.1:5556"), ("subscribe", "connect:tcp://[::1]:5557"))
            ),
        ] as [(String, String, [TransportSetting])]
    )
    func parses(_ text: String, _ scheme: String, _ settings: [TransportSetting]) throws {
        let url = try TransportURL(validating: text)
        #expect(url.scheme == scheme)
        #expect(url.settings == settings)
    }

    @Test(
        "is refused, with the fault",
        arguments: [
            ("", "no scheme"), ("memory", "no scheme"), (":", "no scheme"), (":?a=b", "no scheme"),
            ("1a:", "no scheme"),
            ("-a:", "no scheme"), ("a b:", "no scheme"), ("ä:", "no scheme"), (" m:", "no scheme"),
            ("m?a=b:", "no scheme"),
            ("memory:\n", "after memory:"), ("m:a=b", "after m:"), ("m:#", "after m:"),
            ("m:?&", "option 1 is empty"), ("m:?a=b&", "option 2 is empty"), ("m:?a=b&&c=d", "option 2 is empty"),
            ("m:?a", "option 1 has no '='"), ("m:?a=b&s3cret", "option 2 has no '='"),
            ("m:?=b", "option 1 has no name"), ("m:?a=b&=", "option 2 has no name"),
            ("m:?a=%", "value of 'a' has a '%'"), ("m:?a=%4", "value of 'a' has a '%'"),
            ("m:?a=%zz", "value of 'a' has a '%'"), ("m:?a=%4g", "value of 'a' has a '%'"),
            ("m:?a=%%41", "value of 'a' has a '%'"), ("m:?a=b%", "value of 'a' has a '%'"),
            ("m:?%=b", "name of option 1 has a '%'"), ("m:?a=b&x%2=c", "name of option 2 has a '%'"),
            ("m:?a=b#c", "value of 'a' has a '#'"), ("m:?a#=b", "name of option 1 has a '#'"),
            ("m:?a=b c", "white space"), ("m:?a=b\n", "white space"), ("m:?a=\t", "white space"),
            ("m:?a=\u{7F}", "control character"), ("m:?a=\0", "control character"), ("m:?a b=c", "name of option 1"),
            ("m:?a=%FF", "not UTF-8"), ("m:?a=%C3", "not UTF-8"), ("m:?%80=b", "name of option 1 is not UTF-8"),
            ("m:?a=%ED%A0%80", "not UTF-8"), ("m:?a=%C0%80", "not UTF-8"),
            ("m:?%1B[2J=%", "value of option 1 has a '%'"),
        ]
    )
    func refuses(_ text: String, _ reason: String) throws {
        let error = try #require(throws: EventError.self) { try TransportURL(validating: text) }
        #expect(error == .invalidConfiguration(error.fault))
        #expect(error.fault.contains(reason))
    }

    @Test("no fault repeats a value", arguments: ["m:?a=s3cret%", "m:?a=s3cret#", "m:?a=%FFs3cret", "m:?a=x&s3cret"])
    func keepsSecrets(_ text: String) throws {
        let error = try #require(throws: EventError.self) { try TransportURL(validating: text) }
        #expect(!error.description.contains("s3cret"))
    }

    @Test func `every byte of a value comes back when it is percent-encoded`() throws {
        for byte in UInt8(0)...0x7F {
            let digits = String(byte, radix: 16)
            let url = try TransportURL(validating: "m:?a=%" + (digits.count == 1 ? "0" : "") + digits)
            #expect(url.settings.first?.value.utf8.elementsEqual([byte]) == true)
        }
    }

    @Test func `of the bytes of ASCII, a value holds all but those that must be encoded`() {
        for byte in UInt8(0)...0x7F {
            let text = "m:?a=b" + String(UnicodeScalar(byte))
            let url = try? TransportURL(validating: text)
            let mustBeEncoded = byte <= 0x20 || byte == 0x7F || "#%&".utf8.contains(byte)
            #expect((url == nil) == mustBeEncoded, "byte \(byte)")
        }
    }
}
