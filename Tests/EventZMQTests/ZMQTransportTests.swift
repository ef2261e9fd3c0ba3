import EventCore
import EventTransport
import Testing
import TransportSupport

@testable import EventZMQ

@Suite(.timeLimit(.minutes(1))) struct ZMQTransportTests {
    private static let transports = TransportRegistry([.zmq])

    private func configuration(_ query: String) throws -> ZMQBusConfiguration {
        try ZMQBusConfiguration(Transport.zmq.parameters(TransportURL(validating: "zmq:?\(query)").settings))
    }

    @Test func `every option reaches the configuration`() throws {
        let configuration = try configuration(
            """
            publish=bind:tcp://127.0.0.1:5556&publish=connect:ipc:///run/a%20b&subscribe=connect:tcp://[::1]:5557\
            &sendHighWaterMark=1&maximumMessageSize=1024&maximumWirePrefixes=2&heartbeatInterval=0s&linger=5s\
            &confirmationTimeout=250ms&ipv6=true
            """
        )
        #expect(configuration.publish == [.bind("tcp://127.0.0.1:5556"), .connect("ipc:///run/a b")])
        #expect(configuration.subscribe == [.connect("tcp://[::1]:5557")])
        #expect(configuration.sendHighWaterMark == 1)
        #expect(configuration.maximumMessageSize == 1024)
        #expect(configuration.maximumWirePrefixes == 2)
        #expect(configuration.heartbeatInterval == .zero)
        #expect(configuration.linger == .seconds(5))
        #expect(configuration.confirmationTimeout == .milliseconds(250))
        #expect(configuration.ipv6)
    }

    @Test func `every property of the configuration that text can hold is an option`() {
        let configuration = ZMQBusConfiguration(publish: [], subscribe: [])
        let properties = Mirror(reflecting: configuration).children.compactMap(\.label)
        // Security is read from files, which have options of their own, also behind an address.
        let files: Set = ["key", "allow", "server-key", "server-key-file"]
        #expect(
            Set(Transport.zmq.options.map(\.name))
                == Set(properties).subtracting(["observer", "logger", "endpointSecurity", "endpointSubjects"]).union(
                    files
                )
        )
    }

    @Test func `what is not set keeps its default`() throws {
        let configuration = try configuration("subscribe=connect:tcp://localhost:1")
        let defaults = ZMQBusConfiguration(publish: [], subscribe: [])
        #expect(configuration.publish.isEmpty)
        #expect(configuration.sendHighWaterMark == defaults.sendHighWaterMark)
        #expect(configuration.maximumMessageSize == defaults.maximumMessageSize)
        #expect(configuration.maximumWirePrefixes == defaults.maximumWirePrefixes)
        #expect(configuration.heartbeatInterval == defaults.heartbeatInterval)
        #expect(configuration.linger == defaults.linger)
        #expect(configuration.confirmationTimeout == defaults.confirmationTimeout)
        #expect(!configuration.ipv6)
    }

    @Test func `an IPv6 address turns IPv6 on, and any port may be picked twice`() throws {
        #expect(try configuration("subscribe=connect:tcp://[::1]:1").ipv6)
        #expect(try configuration("publish=bind:tcp://[::1]:*&ipv6=true").ipv6)
        let both = try configuration("publish=bind:tcp://127.0.0.1:*&subscribe=bind:tcp://127.0.0.1:*")
        #expect(both.publish == both.subscribe)
    }

    @Test(
        arguments: [
            ("zmq:", "needs an endpoint"), ("zmq:?linger=1s", "needs an endpoint"),
            ("zmq:?publish=", "'publish' must be"),
            ("zmq:?publish=tcp://s3cret:1", "'publish' must be bind: or connect: and an address"),
            ("zmq:?publish=Bind:tcp://s3cret:1", "'publish' must be bind: or"),
            ("zmq:?subscribe=bind:tcp://s3cret", "no port"), ("zmq:?subscribe=bind:udp://s3cret:1", "neither tcp://"),
            ("zmq:?subscribe=connect:tcp://*:1", "no host to connect to"),
            ("zmq:?subscribe=connect:", "neither tcp://"),
            (
                "zmq:?publish=bind:tcp://s3cret:1&publish=bind:tcp://s3cret:1",
                "'publish' must be an address that is not given twice (number 2 of 2)"
            ),
            ("zmq:?publish=bind:tcp://s3cret:1&sendHighWaterMark=0", "'sendHighWaterMark' must be"),
            ("zmq:?publish=bind:tcp://s3cret:1&sendHighWaterMark=2147483648", "from 1 to 2147483647"),
            ("zmq:?publish=bind:tcp://s3cret:1&maximumMessageSize=1023", "at least 1024"),
            ("zmq:?publish=bind:tcp://s3cret:1&maximumWirePrefixes=0", "'maximumWirePrefixes' must be"),
            ("zmq:?publish=bind:tcp://s3cret:1&linger=s3cret", "'linger' must be a duration"),
            ("zmq:?publish=bind:tcp://s3cret:1&linger=1s&linger=1s", "'linger' is given more than once"),
            ("zmq:?publish=bind:tcp://s3cret:1&heartbeatInterval=5", "'heartbeatInterval' must be a duration"),
            ("zmq:?publish=bind:tcp://s3cret:1&ipv6=yes", "'ipv6' must be true or false"),
            ("zmq:?subscribe=connect:tcp://[::1]:1&ipv6=false", "'ipv6' is false, and an address in 'publish' or"),
            (
                "zmq:?publish=bind:ipc://s3cret&subscribe=bind:ipc://s3cret",
                "'publish' and 'subscribe' bind one address"
            ),
            (
                "zmq:?publish=connect:tcp://s3cret:1&subscribe=connect:tcp://s3cret:1",
                "'publish' and 'subscribe' connect to one address"
            ),
            ("zmq:?publish=bind:ipc://s3cret&security=s3cret", "'security' must be none"),
            ("zmq:?publish=bind:ipc://s3cret&allow=s3cret", "'allow' must be beside a key"),
            ("zmq:?publish=bind:ipc://s3cret&security=none&key=s3cret", "'key' must be absent where"),
            ("zmq:?publish=bind:tcp://s3cret:1;key=s3cret;security=none", "'key' must be absent where"),
            ("zmq:?publish=bind:tcp://s3cret:1;allow=s3cret", "endpoint option 'allow' must be beside a key"),
            ("zmq:?publish=bind:tcp://s3cret:1;linger=1s", "behind semicolons, of security=, key=, allow="),
            ("zmq:?publish=bind:tcp://s3cret:1;key=", "behind semicolons"),
            ("zmq:?publish=bind:tcp://s3cret:1;key=a;key=b", "each once"),
            ("zmq:?publish=bind:tcp://s3cret:1;;key=a", "each once"),
            ("zmq:?publish=bind:tcp://s3cret:1;", "each once"),
            ("zmq:?publish=bind:tcp://s3cret:1;only=a;only=b", "each once"),
            ("zmq:?publish=bind:tcp://s3cret:1;only=a..b", "only= and patterns"),
            ("zmq:?publish=bind:tcp://s3cret:1;only=", "only= and patterns"),
            ("zmq:?subscribe=bind:tcp://s3cret:1;only=a", "behind semicolons"),
            ("zmq:?publish=bind:ipc://s3cret&socketFileMode=0888", "'socketFileMode' must be an octal number"),
            ("zmq:?publish=bind:ipc://s3cret&socketFileMode=1000", "from 0 to 777"),
            (
                "zmq:?lingr=s3cret",
                """
                unknown option 'lingr': zmq knows publish, subscribe, sendHighWaterMark, maximumMessageSize, \
                maximumWirePrefixes, receiveQueueCapacity, receiveQueueBytes, heartbeatInterval, linger, \
                confirmationTimeout, subscriberRetention, subscriberRetentionBytes, maximumPeerSubscriptions, \
                maximumPeerSubscriptionBytes, maximumSubscriptionBytes, socketFileMode, ipv6, security, key, allow, \
                server-key, server-key-file
                """
            ),
        ]
    )
    func `a bad value is named and not repeated`(url: String, reason: String) async throws {
        let error = try await #require(throws: EventError.self) { _ = try await Self.transports.open(url) }
        guard case .invalidConfiguration(let fault) = error else { throw error }
        #expect(fault.contains(reason))
        #expect(!fault.contains("s3cret"))
    }

    @Test func `two buses opened from text reach each other`() async throws {
        let address = Address.ipc()
        let subscriber = try await Self.transports.open("zmq:?subscribe=bind:\(address)")
        let publisher = try await Self.transports.open("zmq:?publish=connect:\(address)&linger=500ms")
        let subscription = try await subscriber.subscribe(to: "a.>")

        let waiting = try #require(publisher.link)
        #expect(try await waiting.waitForSubscribers(of: "a.b", atLeast: 1, timeout: .seconds(20)))
        try await publisher.publish(Envelope(subject: "a.b"))
        #expect(await subscription.next(within: .seconds(20))?.subject == "a.b")
        await publisher.close()
        await subscriber.close()
    }

    @Test(arguments: ["heartbeatInterval", "linger", "confirmationTimeout"])
    func `no length of time is too long`(option: String) async throws {
        let bus = try await Self.transports.open("zmq:?publish=bind:\(Address.ipc())&\(option)=9223372036854775807s")
        await bus.close()
    }
}
