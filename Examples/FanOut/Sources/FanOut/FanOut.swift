import Foundation

/// Without arguments the publisher, which starts this program again for each subscriber.
@main
enum FanOut {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        if let address = arguments.first, let pattern = arguments.dropFirst().first {
            try await Subscriber(address: address, pattern: .init(validating: pattern)).run()
        } else {
            try await Publisher(subscribers: ["prices.eu.*", "prices.*.gold", "prices.>"]).run()
        }
    }
}
