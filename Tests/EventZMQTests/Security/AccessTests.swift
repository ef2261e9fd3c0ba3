import EventCore
import Testing

@testable import EventZMQ

@Suite struct AccessTests {
    private func request(_ mechanism: String, _ credentials: [[UInt8]], at address: String = "127.0.0.1")
        -> AccessRules.Request
    {
        .init(id: [1], domain: "event-bus/0", address: address, mechanism: mechanism, credentials: credentials)
    }

    /// A domain of users 7.
    private func domain(_ number: Int, _ peers: [ZMQPublicKey: ZMQPermissions]) throws -> SecurityDomain {
        var security = ZMQSecurity(keyPair: try .generate(), peers: peers, serverKeys: [:])
        security.userIDs = [7]
        return SecurityDomain(number: number, security: security)
    }

    @Test func `keys on the list are let in, and nobody else`() throws {
        let (known, unknown) = (try ZMQKeyPair.generate().publicKey, try ZMQKeyPair.generate().publicKey)
        var rules = AccessRules([try domain(0, [known: ZMQPermissions(name: "known")])])
        #expect(rules.answer(request("CURVE", [known.bytes]), now: .now) == .admitted(as: known.text))
        #expect(rules.answer(request("CURVE", [unknown.bytes]), now: .now) == .refused("not on the list"))
        #expect(rules.answer(request("CURVE", []), now: .now) == .refused("not on the list"))
        #expect(rules.answer(request("PLAIN", [known.bytes]), now: .now) == .refused("unknown mechanism"))
        var other = request("CURVE", [known.bytes])
        other.domain = ""
        #expect(rules.answer(other, now: .now) == .refused("unknown domain"))
        let now = ContinuousClock.now
        rules.suspended[known.text] = now + .seconds(1)
        #expect(rules.answer(request("CURVE", [known.bytes]), now: now) == .refused("cut off a moment ago"))
        #expect(rules.answer(request("CURVE", [known.bytes]), now: now + .seconds(1)) == .admitted(as: known.text))
    }

    @Test(arguments: ["localhost:8:7:7", "127.0.0.1", "localhost:7", "localhost:7:7:7:7", "localhost::7:7", ""])
    func `without keys only the right users are let in`(_ address: String) throws {
        let rules = AccessRules([try domain(0, [:])])
        #expect(rules.answer(request("NULL", [], at: address), now: .now) == .refused("no such user"))
        #expect(rules.answer(request("NULL", [], at: "localhost:7:1:2"), now: .now) == .admitted(as: "uid:7"))
    }

    @Test func `it can be said how each endpoint is protected`() throws {
        let (own, other) = (try ZMQKeyPair.generate(), try ZMQKeyPair.generate().publicKey)
        let endpoint = ZMQEndpoint.connect("tcp://host:1")
        var configuration = ZMQBusConfiguration(publish: [], subscribe: [])
        func protection(_ endpoint: ZMQEndpoint) -> String { configuration.protection(of: endpoint) }
        #expect(protection(.bind("tcp://127.0.0.1:1")) == "nothing: anyone who can reach it may connect")
        #expect(protection(endpoint) == "nothing: whoever listens there is believed")
        #expect(protection(.bind("ipc:///run/a")) == "the file's mode 600")
        #expect(protection(.bind("ipc://@a")) == "nothing: every process of this host may connect")
        configuration.security = ZMQSecurity(
            keyPair: own,
            peers: [other: ZMQPermissions(name: "other")],
            serverKeys: [endpoint: other]
        )
        configuration.security?.userIDs = [7, 3]
        #expect(protection(.bind("tcp://*:1")) == "CURVE with key \(own.publicKey); 1 keys may connect")
        #expect(protection(endpoint) == "CURVE; key \(other) is expected there")
        #expect(protection(.bind("ipc:///run/a")) == "the file's mode 600, users 3, 7 by the kernel's word")
        #expect(protection(.bind("ipc://@a")) == "users 3, 7 by the kernel's word")
    }

    @Test func `an origin belongs to whoever used it first`() throws {
        let key = try ZMQKeyPair.generate().publicKey
        let permissions = ZMQPermissions(name: "orders", publish: ["orders.>"], subscribe: ["a.b.>", "c"])
        var admission = Admission([try domain(0, [key: permissions])])
        let other = try ZMQKeyPair.generate().publicKey.text
        #expect(admission.refusal(of: "orders.x", origin: "o", from: key.text) == nil)
        #expect(admission.refusal(of: "orders.x", origin: "o", from: other) == "\(other) speaks for bus o of orders")
        #expect(admission.refusal(of: "orders.x", origin: "p", from: other) == nil)
        #expect(admission.refusal(of: "other", origin: "q", from: key.text) == "orders may not publish on other")
        #expect(admission.refusal(of: "other", origin: "q", from: other) == nil)
        #expect(admission.refusal(of: "orders.x", origin: "o", from: "uid:1") == "uid:1 speaks for bus o of orders")
        for number in 0..<300 {
            #expect(admission.refusal(of: "x", origin: "\(number)", from: other) == nil)
            #expect(admission.refusal(of: "x", origin: "p", from: other) == nil)
        }
        #expect(admission.refusal(of: "orders.x", origin: "o", from: other) != nil)
        #expect(admission.refusal(of: "orders.x", origin: "p", from: key.text) != nil)
        #expect(admission.refusal(of: "orders.x", origin: "0", from: key.text) == nil)
        let isOthers = (admission.greeted("r", by: other), admission.greeted("r", by: key.text))
        #expect(isOthers == (true, false))
        #expect(admission.refusal(of: .text("a.b."), by: key.text) == nil)
        #expect(admission.refusal(of: .text("a.b.c."), by: key.text) == nil)
        #expect(admission.refusal(of: .text("a."), by: key.text) == "orders may not subscribe to \"a.\"")
        #expect(admission.refusal(of: .text(""), by: key.text) != nil)
        #expect(admission.refusal(of: .text(""), by: "uid:1") == nil)
    }

    @Test func `each endpoint has its own list, and each key its own rights there`() throws {
        let (one, other) = (try ZMQKeyPair.generate().publicKey, try ZMQKeyPair.generate().publicKey)
        let inner = try domain(0, [one: ZMQPermissions(name: "inner")])
        let outer = try domain(
            1,
            [
                one: ZMQPermissions(name: "outer", publish: ["a"], subscribe: ["a"]),
                other: ZMQPermissions(name: "other"),
            ]
        )
        let domains = [inner, outer, SecurityDomain(number: 2, security: ZMQSecurity.none)]
        let rules = AccessRules(domains)
        func answer(_ number: Int, _ key: ZMQPublicKey) -> AccessRules.Answer {
            var request = request("CURVE", [key.bytes])
            request.domain = "event-bus/\(number)"
            return rules.answer(request, now: .now)
        }
        #expect(answer(0, one) == .admitted(as: one.text))
        #expect(answer(0, other) == .refused("not on the list"))
        #expect(answer(1, one) == .admitted(as: "\(one) 1"))
        #expect(answer(1, other) == .admitted(as: "\(other) 1"))
        #expect(answer(2, other) == .admitted(as: "anyone"))
        #expect(answer(3, one) == .refused("unknown domain"))

        var admission = Admission(domains)
        #expect(admission.refusal(of: "b", origin: "o", from: one.text) == nil)
        #expect(admission.refusal(of: "b", origin: "o", from: "\(one) 1") == "outer may not publish on b")
        #expect(admission.refusal(of: "a", origin: "o", from: "\(one) 1") == nil)
        #expect(admission.refusal(of: "a", origin: "o", from: "\(other) 1") == "other speaks for bus o of inner")
        #expect(admission.refusal(of: "a", origin: "p", from: "anyone") == nil)
        #expect(admission.refusal(of: "a", origin: "p", from: "\(other) 1") == nil)
        #expect(admission.refusal(of: "a", origin: "p", from: "anyone") == "anyone speaks for bus p of other")
        #expect(admission.refusal(of: .text("b"), by: one.text) == nil)
        #expect(admission.refusal(of: .text("b"), by: "\(one) 1") == "outer may not subscribe to \"b\"")

        let gone = admission.update(outer.listing([other: ZMQPermissions(name: "other")]))
        #expect(gone == ["\(one) 1"])
        #expect(admission.isRevoked("\(one) 1") && !admission.isListed("\(one) 1"))
        #expect(admission.isListed(one.text) && !admission.isRevoked(one.text))
        #expect(admission.isListed("anyone") && admission.isListed("uid:7"))
    }
}
