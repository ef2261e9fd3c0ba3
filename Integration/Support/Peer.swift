import Foundation

/// A bus in a process of its own.
package struct Peer: Sendable {
    package struct Unexpected: Error, CustomStringConvertible {
        package let description: String
    }

    package let process: ChildProcess
    /// What it has bound.
    package let endpoints: [String]

    package init(_ process: ChildProcess) async throws {
        self.process = process
        guard case .opened(let endpoints) = try await Self.report(of: process, within: .seconds(60)) else {
            throw Unexpected(description: "\(process.name) did not begin by saying what it has bound")
        }
        self.endpoints = endpoints
    }

    /// Has the process do something, and waits until it is done.
    @discardableResult
    package func perform(_ command: PeerCommand, within limit: Duration = .seconds(60)) async throws -> PeerReport {
        try process.send(String(decoding: JSONEncoder().encode(command), as: UTF8.self))
        return try await Self.report(of: process, within: limit)
    }

    /// Subscribes, and counts what arrives.
    package func subscribe(to patterns: String...) async throws {
        try await perform(.subscribe(patterns: patterns, microsecondsEach: 0))
    }

    package func publish(_ numbers: ClosedRange<Int>, on subject: String) async throws {
        try await perform(.publish(subjects: [subject], numbers: numbers))
    }

    package func publish(_ number: Int, on subject: String) async throws {
        try await publish(number...number, on: subject)
    }

    /// Waits until so many buses subscribe to a subject.
    package func awaitSubscribers(of subject: String, _ count: Int = 1) async throws {
        try await perform(.awaitSubscribers(subject: subject, count: count))
    }

    /// Waits until a number, or a greater one, has come to some subscriptions, from so many publishers.
    @discardableResult
    package func receive(_ number: Int, publishers: Int = 1, on patterns: String...) async throws -> Tally {
        try await receive(number, publishers: publishers, onAll: patterns)
    }

    @discardableResult
    package func receive(_ number: Int, publishers: Int = 1, onAll patterns: [String]) async throws -> Tally {
        let report = try await perform(.awaitNumber(number, publishers: publishers, patterns: patterns))
        guard case .received(let tally) = report else { throw unexpected(report) }
        return tally
    }

    package var counts: Counts {
        get async throws {
            let report = try await perform(.statistics)
            guard case .counted(let counts) = report else { throw unexpected(report) }
            return counts
        }
    }

    /// How its exchange with another process goes.
    package var exchange: ExchangeReport {
        get async throws {
            let report = try await perform(.exchanged)
            guard case .exchanged(let exchange) = report else { throw unexpected(report) }
            return exchange
        }
    }

    /// Closes its bus.
    ///
    /// - Returns: How long that took.
    package func close() async throws -> Duration {
        let report = try await perform(.close)
        guard case .closed(let milliseconds) = report else { throw unexpected(report) }
        return .milliseconds(milliseconds)
    }

    package func unexpected(_ report: PeerReport) -> Unexpected {
        Unexpected(description: "\(process.name) answered \(report)")
    }

    private static func report(of process: ChildProcess, within limit: Duration) async throws -> PeerReport {
        let line = try await process.nextLine(within: limit)
        if let report = try? JSONDecoder().decode(PeerReport.self, from: Data(line.utf8)) { return report }
        // A process that crashes writes where it was to its standard output.
        throw Unexpected(description: "\(process.name) wrote \(line)\n\(await process.rest())")
    }
}
