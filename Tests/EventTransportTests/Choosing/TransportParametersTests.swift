import EventTransport
import Testing

@Suite struct TransportParametersTests {
    private static let transport = Transport(
        scheme: "x",
        options: ["text", .repeatable("list"), .secret("password"), "count", "time", "flag"]
    ) { _, _ in throw EventError.busClosed }

    private func parameters(_ url: String) throws -> TransportParameters {
        try Self.transport.parameters(TransportURL(validating: url).settings)
    }

    private func fault(of url: String, _ read: (TransportParameters) throws -> Void = { _ in }) throws -> String {
        let error = try #require(throws: EventError.self) { try read(parameters(url)) }
        #expect(error == .invalidConfiguration(error.fault))
        return error.fault
    }

    @Test func `what is set comes back, in order`() throws {
        let parameters = try parameters("x:?list=b&text=t&list=a&password=p&count=-7&time=5s&flag=true&list=b")
        #expect(parameters.text("text") == "t")
        #expect(parameters.texts("list") == ["b", "a", "b"])
        #expect(try parameters.require("password") == "p")
        #expect(try parameters.integer("count", in: -10...10) == -7)
        #expect(try parameters.duration("time") == .seconds(5))
        #expect(try parameters.flag("flag") == true)
    }

    @Test func `what is not set is nil`() throws {
        let parameters = try parameters("x:")
        #expect(parameters.text("text") == nil)
        #expect(parameters.texts("list") == [])
        #expect(try parameters.integer("count", in: 0...1) == nil)
        #expect(try parameters.duration("time") == nil)
        #expect(try parameters.flag("flag") == nil)
    }

    @Test func `an unknown option is named, and the known ones are listed`() throws {
        let fault = try fault(of: "x:?texts=s3cret")
        #expect(fault == "unknown option 'texts': x knows text, list, password, count, time, flag")
    }

    @Test("an unknown option that is no word is not repeated", arguments: ["%1B[2J", "a%20b", "%22", "日本"])
    func hidesOddNames(_ name: String) throws {
        #expect(try fault(of: "x:?\(name)=1").hasPrefix("unknown option: x knows text"))
    }

    @Test func `a transport without options says so`() throws {
        let plain = Transport(scheme: "plain") { _, _ in throw EventError.busClosed }
        let error = try #require(throws: EventError.self) {
            try plain.parameters([TransportSetting(name: "a", value: "b")])
        }
        #expect(error.fault == "unknown option 'a': plain has no options")
    }

    @Test func `a single option that is given twice is refused, even with the same value`() throws {
        #expect(try fault(of: "x:?text=s3cret&text=s3cret") == "x option 'text' is given more than once")
    }

    @Test(arguments: ["x:", "x:?text="])
    func `a value that must be there is asked for`(url: String) throws {
        #expect(try fault(of: url) { _ = try $0.require("text") } == "x needs a value for 'text'")
    }

    @Test(arguments: ["", "-", "--1", "+1", "1.0", "0x1", "1e3", " 1", "9", "0", "99999999999999999999", "٣", "1_0"])
    func `what is no whole number in the range is refused`(value: String) throws {
        let encoded = value.replacing(" ", with: "%20")
        let fault = try fault(of: "x:?count=\(encoded)") { _ = try $0.integer("count", in: 1...8) }
        #expect(fault == "x option 'count' must be a whole number from 1 to 8")
    }

    @Test func `a range without an end is told by its beginning`() throws {
        let fault = try fault(of: "x:?count=1") { _ = try $0.integer("count", in: 2...Int.max) }
        #expect(fault == "x option 'count' must be a whole number, at least 2")
    }

    @Test(arguments: ["", "5", "1.5", "s3cret"])
    func `what is no duration is refused`(value: String) throws {
        let fault = try fault(of: "x:?time=\(value)") { _ = try $0.duration("time") }
        #expect(fault == "x option 'time' must be a duration such as 500ms or 1.5s")
    }

    @Test(arguments: ["", "1", "yes", "True", "s3cret"])
    func `what is neither true nor false is refused`(value: String) throws {
        let fault = try fault(of: "x:?flag=\(value)") { _ = try $0.flag("flag") }
        #expect(fault == "x option 'flag' must be true or false")
    }

    @Test func `neither printing nor dumping shows a value`() throws {
        let parameters = try parameters("x:?password=s3cret&text=s3cret&list=s3cret")
        var dumped = ""
        dump(parameters, to: &dumped)
        for text in ["\(parameters)", String(reflecting: parameters), dumped] { #expect(!text.contains("s3cret")) }
        #expect("\(parameters)" == "x:?text=…&list=…&password=…")
    }
}
