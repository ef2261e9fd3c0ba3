import EventCore
import EventTesting
import Foundation
import Testing

@testable import EventZMQ

/// Addresses that no other test uses.
enum Address {
    /// A short path in the directory for temporary files; ipc paths have at most 107 bytes.
    static func ipc() -> String {
        "ipc:///tmp/event-\(Envelope(subject: "test").id)"
    }

    static let tcp = "tcp://127.0.0.1:*"
}

/// A publishing and a subscribing bus, joined one way or another.
struct Joined {
    var publisher: ZMQBus
    var subscriber: ZMQBus

    enum Way: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case ipcPublisherBinds, ipcSubscriberBinds, tcpPublisherBinds, tcpSubscriberBinds

        var testDescription: String { rawValue }

        var address: String {
            switch self {
            case .ipcPublisherBinds, .ipcSubscriberBinds: Address.ipc()
            case .tcpPublisherBinds, .tcpSubscriberBinds: Address.tcp
            }
        }

        var publisherBinds: Bool { self == .ipcPublisherBinds || self == .tcpPublisherBinds }
    }

    init(
        _ way: Way = .ipcPublisherBinds,
        observer: (any Observer)? = nil,
        busyLimit: Int = BusyMeter.usualLimit
    ) throws {
        let address = way.address
        if way.publisherBinds {
            publisher = try ZMQBus(
                configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: [], observer: observer),
                busyLimit: busyLimit
            )
            let bound = try #require(publisher.boundEndpoints.first)
            subscriber = try ZMQBus(
                configuration: ZMQBusConfiguration(publish: [], subscribe: [.connect(bound)], observer: observer)
            )
        } else {
            subscriber = try ZMQBus(
                configuration: ZMQBusConfiguration(publish: [], subscribe: [.bind(address)], observer: observer)
            )
            let bound = try #require(subscriber.boundEndpoints.first)
            publisher = try ZMQBus(
                configuration: ZMQBusConfiguration(publish: [.connect(bound)], subscribe: [], observer: observer),
                busyLimit: busyLimit
            )
        }
    }

    func close() async {
        await subscriber.close()
        await publisher.close()
    }
}

extension ZMQBus {
    /// A bus that publishes at one endpoint.
    static func publisher(
        at endpoint: ZMQEndpoint,
        _ change: (inout ZMQBusConfiguration) -> Void = { _ in }
    ) throws -> ZMQBus {
        var configuration = ZMQBusConfiguration(publish: [endpoint], subscribe: [])
        change(&configuration)
        return try ZMQBus(configuration: configuration)
    }

    /// A bus that subscribes at some endpoints.
    static func subscriber(
        at endpoints: ZMQEndpoint...,
        change: (inout ZMQBusConfiguration) -> Void = { _ in }
    ) throws -> ZMQBus {
        var configuration = ZMQBusConfiguration(publish: [], subscribe: endpoints)
        change(&configuration)
        return try ZMQBus(configuration: configuration)
    }

    /// Waits until this bus has come to publish to what covers a subject.
    func hasSubscriber(of subject: Subject, atLeast count: Int = 1) async throws -> Bool {
        try await waitForSubscribers(of: subject, atLeast: count, timeout: .seconds(20))
    }
}
