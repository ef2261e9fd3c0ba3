import Testing

@testable import eventbus

@Suite struct ReachableAddressTests {
    @Test(
        arguments: [
            ("tcp://0.0.0.0:5556", "tcp://192.0.2.1:5556"), ("tcp://[::]:5556", "tcp://192.0.2.1:5556"),
            ("tcp://*:5556", "tcp://192.0.2.1:5556"), ("tcp://127.0.0.1:5556", "tcp://127.0.0.1:5556"),
            ("tcp://[::1]:5556", "tcp://[::1]:5556"), ("tcp://10.0.0.0:5556", "tcp://10.0.0.0:5556"),
            ("ipc://s", "ipc:///run/s"), ("ipc://./a/s", "ipc:///run/./a/s"), ("ipc:///tmp/s", "ipc:///tmp/s"),
            ("ipc://@s", "ipc://@s"),
        ]
    )
    func `is where others connect to`(endpoint: String, address: String) {
        #expect(ReachableAddress(of: endpoint, in: "/run", host: "192.0.2.1").description == address)
    }

    @Test func `a path that is too long from elsewhere names its directory`() {
        let directory = "/" + String(repeating: "d", count: 110)
        let text = ReachableAddress(of: "ipc://s", in: directory, host: "").description
        #expect(text.hasPrefix("ipc://s in \(directory), "))
    }

    @Test func `an address of this host is found`() {
        let text = ReachableAddress(of: "tcp://0.0.0.0:1").description
        #expect(text.hasPrefix("tcp://") && text.hasSuffix(":1") && text != "tcp://0.0.0.0:1")
    }
}
