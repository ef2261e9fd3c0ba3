import Foundation
import IntegrationSupport
import ProcessSupport

extension Peer {
    var name: String { process.name }

    /// What its bus and its readers have counted.
    func books(_ patterns: [String]? = nil) async throws -> Books {
        let report = try await perform(.books(patterns: patterns))
        guard case .books(let books) = report else { throw unexpected(report) }
        return books
    }

    /// Looks at its books until they are as wanted.
    ///
    /// - Returns: The books.
    @discardableResult
    func poll(_ patterns: [String]? = nil, until isMet: (Books) -> Bool) async throws -> Books {
        var books = try await books(patterns)
        try await eventually(within: .seconds(60), "the books of \(name) are not as wanted: \(books)") {
            books = try await self.books(patterns)
            return isMet(books)
        }
        return books
    }

    /// Waits until its readers have taken so many.
    func take(_ count: Int) async throws {
        try await poll { $0.readers.taken >= count }
    }

    /// Subscribes and reads.
    ///
    /// - Returns: How long that took, and how many publishers had not confirmed by then.
    @discardableResult
    func collect(
        _ patterns: String...,
        as collecting: Collecting = .ample
    ) async throws -> (time: Duration, unconfirmed: Int) {
        try await collect(all: patterns, as: collecting)
    }

    @discardableResult
    func collect(
        all patterns: [String],
        as collecting: Collecting = .ample
    ) async throws -> (time: Duration, unconfirmed: Int) {
        let report = try await perform(.collect(patterns: patterns, collecting))
        guard case .subscribed(let milliseconds, let unconfirmed) = report else { throw unexpected(report) }
        return (.milliseconds(milliseconds), unconfirmed)
    }

    /// Publishes, and waits until that is done.
    func burst(_ count: Int, on prefix: String = "a", subjects: Int = 1, perMillisecond: Int? = nil) async throws {
        try await perform(.burst(Burst(count, on: prefix, subjects: subjects, perMillisecond: perMillisecond)))
    }

    /// Has it stand still while something happens.
    func stopped(_ body: () async throws -> Void) async throws {
        process.signal(SIGSTOP)
        try await body()
        process.signal(SIGCONT)
    }
}
