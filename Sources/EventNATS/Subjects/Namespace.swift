import EventCore

/// What the wire subjects of a bus begin with, and those that buses of one namespace tell each other on.
///
/// Nothing that is published reaches a control subject: those begin with `_`, which ``SubjectEscape`` lets no subject do.
struct Namespace: Sendable, Hashable {
    /// `tenant.`, or empty.
    let prefix: [UInt8]
    private let control: [UInt8]

    static let maximumCount = 128

    /// - Throws: ``EventError/invalidConfiguration(_:)`` for a name that is no plain subject.
    init(_ name: String?) throws(EventError) {
        guard let name else {
            (prefix, control) = ([], Array("_eb.".utf8))
            return
        }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, name.utf8.first != UInt8(ascii: "_"), name.utf8.count <= Self.maximumCount,
            (try? Subject(validating: name)) != nil
        else {
            throw .invalidConfiguration(
                "the namespace must be segments of letters, digits, '-' and '_', not begin with '_', and have at most "
                    + "\(Self.maximumCount) bytes"
            )
        }
        prefix = Array("\(name).".utf8)
        control = Array("_eb.\(name).".utf8)
    }

    /// A subject as C text.
    func wire(_ subject: Subject) -> [UInt8] { wire(subject.rawValue) }

    /// A pattern as C text.
    func wire(_ pattern: Pattern) -> [UInt8] { wire(pattern.rawValue) }

    private func wire(_ text: String) -> [UInt8] {
        var wire = prefix
        wire.reserveCapacity(prefix.count + text.utf8.count + 1)
        SubjectEscape.append(text, to: &wire)
        wire.append(0)
        return wire
    }

    /// What follows the prefix in the wire subject of a message; `nil` when it is none of the bus's subjects.
    func range(in wire: Span<UInt8>) -> Range<Int>? {
        guard wire.count > prefix.count else { return nil }
        for index in prefix.indices where wire[index] != prefix[index] { return nil }
        let first = wire[prefix.count]
        guard first != UInt8(ascii: "_"), first != UInt8(ascii: "$") else { return nil }
        return prefix.count..<wire.count
    }

    // MARK: Control

    /// Where every bus of the namespace listens, as C text.
    var everybody: [UInt8] { control + Array("all".utf8) + [0] }

    /// Where one bus listens, as C text; two segments, so that no bus can be called like everybody.
    func inbox(of bus: String) -> [UInt8] { control + Array("bus.\(bus)".utf8) + [0] }

    /// Where the server says that nobody listens at another bus's inbox, as C text.
    func absence(of bus: String, for asker: String) -> [UInt8] { control + Array("gone.\(asker).\(bus)".utf8) + [0] }

    /// What to subscribe to for all of those, as C text.
    func absences(for asker: String) -> [UInt8] { control + Array("gone.\(asker).*".utf8) + [0] }
}
