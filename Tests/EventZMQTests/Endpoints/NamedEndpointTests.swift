import Testing

@testable import EventZMQ

@Suite struct NamedEndpointTests {
    @Test(
        arguments: [
            ("tcp://localhost:5556", "localhost", "5556"), ("tcp://a.example.org:1", "a.example.org", "1"),
            ("tcp://1.2.3:5", "1.2.3", "5"), ("tcp://1.2.3.256:5", "1.2.3.256", "5"),
            ("tcp://1.2.3.x:5", "1.2.3.x", "5"),
            ("tcp://1.2.3.4.5:6", "1.2.3.4.5", "6"), ("tcp://1.2.3.+4:5", "1.2.3.+4", "5"),
            ("tcp://bücher:1", "bücher", "1"),
        ]
    )
    func `a name is to be looked up`(_ address: String, _ host: String, _ port: String) throws {
        let endpoint = try #require(NamedEndpoint(address))
        #expect(endpoint.host == host && endpoint.port == port)
        #expect(endpoint.address(at: "[::1]") == "tcp://[::1]:\(port)")
    }

    @Test(
        arguments: [
            "tcp://127.0.0.1:5556", "tcp://0.0.0.255:1", "tcp://[::1]:5556", "tcp://[fe80::1%eth0]:1", "tcp://*:1",
            "ipc://localhost:1", "tcp://localhost", "tcp://:1", "",
        ]
    )
    func `is no name`(_ address: String) {
        #expect(NamedEndpoint(address) == nil)
    }
}
