import EventCore
import Foundation
import Workloads

extension Rival {
    /// What a bus without an index does: asks every pattern.
    static var linearMatch: Rival {
        Rival(name: "each pattern in turn") {
            let patterns = try (0..<10_000).map(Samples.runPattern)
            let subjects = try (0..<64).map { try Samples.runSubject($0 * 151) }
            return Session { passes in
                var found = 0
                for pass in 0..<passes {
                    for pattern in patterns where pattern.matches(subjects[pass & 63]) { found += 1 }
                }
                precondition(found == passes)
            }
        }
    }

    /// Foundation's coders on the same value, which has no payload: as `Data` they would write one in Base64.
    static func foundation(for workload: String) -> [Rival] {
        switch workload {
        case "envelope-make":
            [
                Rival(name: "JSONEncoder alone") {
                    Session { passes in
                        for _ in 0..<passes { _ = try JSONEncoder().encode(Samples.Step()) }
                    }
                }
            ]
        case "json-encode":
            [
                Rival(name: "JSONEncoder") {
                    let header = Header(of: Samples.header())
                    return Session { passes in
                        for _ in 0..<passes { _ = try JSONEncoder().encode(header) }
                    }
                }
            ]
        default:
            [
                Rival(name: "JSONDecoder") {
                    let json = try JSONEncoder().encode(Header(of: Samples.header()))
                    return Session { passes in
                        for _ in 0..<passes { _ = try JSONDecoder().decode(Header.self, from: json) }
                    }
                }
            ]
        }
    }

    /// The header of an envelope as a plain structure, its time as text, which spares Foundation a date formatter.
    private struct Header: Codable, Sendable {
        var id: String
        var subject: String
        var time: String
        var source: String?
        var headers: [String: String]

        init(of envelope: Envelope) {
            id = envelope.id
            subject = envelope.subject.rawValue
            time = envelope.time.formatted(.iso8601)
            source = envelope.source
            headers = envelope.headers
        }
    }
}
