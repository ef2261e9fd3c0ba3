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
    /// - Throws: A usage error when an envelope cannot keep them apart.
    func envelope(on subject: Subject, source: String?) throws -> Envelope {
        let headers = Dictionary(arguments.map { ($0.key, $0.value) }) { first, _ in first }
        let envelope = Envelope(subject: subject, source: source, headers: headers)
        guard headers.count < arguments.count else { return envelope }
        // A dictionary takes some of the keys for the same, so the envelope is read from its JSON, which does not.
        var plain = envelope
        plain.headers = [:]
        let json = try Self.splicing(json, into: plain.jsonData())
        let result = try Envelope(jsonData: json)
        guard try result.jsonData().count == json.count else {
            throw ValidationError("Two --header keys are the same text in two spellings of Unicode. Use one of them.")
        }
        return result
    }

    /// The object of the headers, sorted by bytes.
    private var json: Data {
        JSONWriter.with { writer in
            let sorted = arguments.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, header) in sorted.enumerated() {
                writer.literal(index == 0 ? ",\"headers\":{" : ",")
                writer.string(header.key)
                writer.literal(":")
                writer.string(header.value)
            }
            writer.literal("}")
            return writer.withBytes { Data($0) }
        }
    }

    private static func splicing(_ headers: Data, into envelope: Data) -> Data {
        envelope.dropLast() + headers + Data("}".utf8)
    }
}
