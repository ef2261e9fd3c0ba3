import ArgumentParser
import EventCore
import Foundation

/// The headers that arguments give to an envelope.
struct GivenHeaders {
    private let arguments: [HeaderArgument]

    /// - Throws: A usage error when a key is given twice.
    init(_ arguments: [HeaderArgument]) throws {
        guard Set(arguments.map { Array($0.key.utf8) }).count == arguments.count else {
            throw ValidationError("A --header is given twice.")
        }
        self.arguments = arguments
    }

    /// An envelope with these headers.
    ///
    /// - Throws: A usage error when the payload is no JSON.
    func envelope(on subject: Subject, source: String?, payload: String?) throws -> Envelope {
        var envelope = Envelope(subject: subject, source: source)
        for header in arguments { envelope.setHeader(header.value, named: header.key) }
        guard let payload else { return envelope }
        do {
            return try envelope.holding(json: Data(payload.utf8))
        } catch {
            throw ValidationError("\(error)")
        }
    }
}
