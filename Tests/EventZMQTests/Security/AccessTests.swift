import EventCore
import EventTransport
import Testing
import TransportSupport

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

    @Test func `an id belongs to whoever used it first`() throws {
        let (one, other) = (try ZMQKeyPair.generate().publicKey.text, try ZMQKeyPair.generate().publicKey.text)
        var owners = IdentityOwners()
        func claim(_ id: String, _ user: String) -> IdentityOwners.Claim { owners.claim(id, by: user) }
        #expect(claim("o", one) == .new(displacesAnyone: false))
        #expect(claim("o", one) == .own)
        #expect(claim("o", "\(one) 3") == .own)
        #expect(claim("o", other) == .foreign(owner: one))
        #expect(claim("o", "uid:1") == .foreign(owner: one))
        #expect(claim("o", "anyone") == .foreign(owner: one))
        #expect(claim("p", other) == .new(displacesAnyone: false))
        // Whoever uses many has its own oldest forgotten, and nobody else's.
        for number in 0..<300 {
            #expect(claim("\(number)", other) == .new(displacesAnyone: false))
            #expect(claim("p", other) == .own)
        }
        #expect(claim("o", other) == .foreign(owner: one))
        #expect(claim("p", one) == .foreign(owner: other))
        #expect(claim("0", one) == .new(displacesAnyone: false))
        // What nobody has proved does not stand against what somebody has.
        #expect(claim("r", "anyone") == .new(displacesAnyone: false))
        #expect(claim("r", "anyone") == .own)
        #expect(claim("r", one) == .new(displacesAnyone: true))
        #expect(claim("r", "anyone") == .foreign(owner: one))
    }

    @Test func `what a key may do is limited to its patterns, control topics included`() throws {
        let key = try ZMQKeyPair.generate().publicKey
        let permissions = ZMQPermissions(name: "orders", publish: ["orders.>"], subscribe: ["a.b.>", "c"])
        let free = try ZMQKeyPair.generate().publicKey
        let admission = Admission([try domain(0, [key: permissions, free: ZMQPermissions(name: "free")])])
        #expect(admission.refusal(of: "orders.x", from: key.text) == nil)
        #expect(admission.refusal(of: "other", from: key.text) == "orders may not publish on other")
        #expect(admission.refusal(of: "other", from: free.text) == nil)
        func refusal(_ topic: SubscriptionNotice.Topic, _ user: String) -> String? {
            admission.refusal(of: topic, by: "self", user)
        }
        #expect(refusal(.prefix(.text("a.b.")), key.text) == nil)
        #expect(refusal(.prefix(.text("a.b.c.")), key.text) == nil)
        #expect(refusal(.prefix(.text("a.")), key.text) == "orders may not subscribe to \"a.\"")
        #expect(refusal(.prefix(.text("")), key.text) != nil)
        // The same of topics that begin with 0xFE, where a byte ends the subject, and of plain ones, where none does.
        #expect(refusal(.prefix(WirePrefix(of: "c")), key.text) == nil)
        #expect(refusal(.prefix(WirePrefix(of: "c").plain), key.text) == nil)
        #expect(refusal(.prefix(.text("c")), key.text) == "orders may not subscribe to \"c\"")
        #expect(refusal(.prefix(WirePrefix(of: "a.b.c")), key.text) == nil)
        #expect(refusal(.prefix(WirePrefix(of: "b")), key.text) != nil)
        #expect(refusal(.prefix(WirePrefix(of: "b").plain), key.text) != nil)
        #expect(refusal(.prefix(.text("")), "uid:1") == nil)
        #expect(refusal(.control(.inbox(bus: "self")), key.text) == nil)
        #expect(refusal(.control(.presence(bus: "self")), key.text) == nil)
        let inbox = SubscriptionNotice.Topic.control(.inbox(bus: "other"))
        #expect(refusal(inbox, key.text) == "orders may not read what is told to bus other")
        #expect(refusal(.unknown([0xFF]), key.text) == "orders may not subscribe to an unknown control topic")
        for topic in [inbox, .unknown([0xFF])] { #expect(refusal(topic, free.text) == nil) }
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
        #expect(admission.refusal(of: "b", from: one.text) == nil)
        #expect(admission.refusal(of: "b", from: "\(one) 1") == "outer may not publish on b")
        #expect(admission.refusal(of: "a", from: "\(one) 1") == nil)
        #expect(admission.refusal(of: "b", from: "anyone") == nil)
        #expect(admission.refusal(of: .prefix(.text("b")), by: nil, one.text) == nil)
        #expect(
            admission.refusal(of: .prefix(.text("b")), by: nil, "\(one) 1") == "outer may not subscribe to \"b\""
        )
        #expect(
            admission.refusal(ofBus: "o", of: one.text, from: "\(other) 1") == "other speaks for bus o of inner"
        )

        let gone = admission.update(outer.listing([other: ZMQPermissions(name: "other")]))
        #expect(gone == ["\(one) 1"])
        #expect(admission.isRevoked("\(one) 1") && !admission.isListed("\(one) 1"))
        #expect(admission.isListed(one.text) && !admission.isRevoked(one.text))
        #expect(admission.isListed("anyone") && admission.isListed("uid:7"))
    }
}
