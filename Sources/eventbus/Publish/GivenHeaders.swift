import ArgumentParser
import EventCore

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
    func envelope(on subject: Subject, source: String?) -> Envelope {
        var envelope = Envelope(subject: subject, source: source)
        for header in arguments { envelope.setHeader(header.value, named: header.key) }
        return envelope
    }
}
