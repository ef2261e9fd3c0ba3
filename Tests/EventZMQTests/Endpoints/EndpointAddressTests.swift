import EventCore
import Testing

@testable import EventZMQ

@Suite struct EndpointAddressTests {
    @Test(
        arguments: [
            .bind("tcp://127.0.0.1:5556"), .bind("tcp://*:*"), .bind("tcp://[::1]:0"), .connect("tcp://[::1]:1"),
            .connect("tcp://example.org:65535"), .bind("tcp://eth0:99"), .bind("ipc://@name"), .bind("ipc://*"),
            .connect("ipc://@name"), .connect("ipc:///\(String(repeating: "a", count: 106))"),
        ] as [ZMQEndpoint]
    )
    func `is accepted`(_ endpoint: ZMQEndpoint) throws {
        _ = try EndpointAddress(of: endpoint)
    }

    @Test(
        arguments: [
            .bind(""), .bind("inproc://a"), .bind("udp://127.0.0.1:1"), .bind("tcp://"), .bind("tcp://127.0.0.1"),
            .bind("tcp://:1"), .bind("tcp://h:65536"), .bind("tcp://h:-1"), .bind("tcp://h:x"), .bind("tcp://::1:5"),
            .bind("tcp://[::1:5"), .connect("tcp://*:1"), .connect("tcp://h:*"), .connect("tcp://h:0"), .bind("ipc://"),
            .bind("ipc://@"), .connect("ipc://*"), .bind("ipc:///\(String(repeating: "a", count: 107))"),
            .bind("ipc:///a\0b"), .bind("TCP://h:1"),
        ] as [ZMQEndpoint]
    )
    func `is refused with the endpoint's name`(_ endpoint: ZMQEndpoint) throws {
        let error = #expect(throws: EventError.self) { try EndpointAddress(of: endpoint) }
        guard case .invalidConfiguration(let fault)? = error else {
            Issue.record("\(String(describing: error)) is no invalid configuration")
            return
        }
        #expect(fault.hasPrefix("\(endpoint): "))
    }
}
