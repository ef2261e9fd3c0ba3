import EventCore
import EventZMQ
import Foundation

/// Binds an address, starts the subscribers, publishes, and waits until they have ended.
struct Publisher {
    var subscribers: [Pattern]

    func run() async throws {
        let address = "ipc://" + FileManager.default.temporaryDirectory.path + "/fan-out-\(UUID().uuidString)"
        let bus = try ZMQBus(configuration: ZMQBusConfiguration(publish: [.bind(address)], subscribe: []))
        let processes = try subscribers.map { try start($0, address: address) }
        defer { for process in processes where process.isRunning { process.terminate() } }

        // Every subscriber listens to this subject last, so whoever listens to it misses nothing.
        guard try await bus.waitForSubscribers(of: "control.stop", atLeast: processes.count, timeout: .seconds(30))
        else { throw EventError.transport(TransportFailure(operation: "start", reason: "subscribers are missing")) }

        for amount in 1...100 {
            for market in ["eu", "us"] {
                for metal in ["gold", "zinc"] {
                    let subject = try Subject(segments: ["prices", market, metal])
                    try await bus.publish(Price(amount: Double(amount)), to: subject)
                }
            }
        }
        try await bus.publish(Envelope(subject: "control.stop"))
        await bus.close()
        for process in processes { process.waitUntilExit() }
        print("published 400 prices to \(processes.count) processes")
    }

    private func start(_ pattern: Pattern, address: String) throws -> Process {
        let process = Process()
        process.executableURL = Bundle.main.executableURL
        process.arguments = [address, pattern.rawValue]
        try process.run()
        return process
    }
}
