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

    /// What a server is to tell the members of a group by, as C text; `nil` where there is no group.
    ///
    /// A server takes all for members that have the same name, whatever they subscribe to, so the pattern is part of it: as
    /// a hash, since a line of the protocol has room for one pattern of any length and not for two. Where two patterns
    /// had the same hash, their groups would be one.
    func queue(of interest: Interest) -> [UInt8]? {
        guard let group = interest.group else { return nil }
        var name = control + Array("group.".utf8)
        for byte in group.text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                name.append(byte)
            default: name += SubjectEscape.escape(of: byte)
            }
        }
        name.append(UInt8(ascii: "."))
        name += Self.hash(of: interest.pattern).utf8
        return name + [0]
    }

    /// The FNV-1a hash of a pattern, which is the same in all processes.
    private static func hash(of pattern: Pattern) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in pattern.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
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

    // MARK: Logs

    /// Where a log listens for the answer of a number, as C text.
    func answer(_ number: UInt64, to log: String) -> [UInt8] {
        control + Array("log.\(log).answer.\(number)".utf8) + [0]
    }

    /// What to subscribe to for all answers, as C text.
    func answers(to log: String) -> [UInt8] { control + Array("log.\(log).answer.*".utf8) + [0] }

    /// Where a replay of a log comes in, as C text.
    func replay(_ number: UInt64, to log: String) -> [UInt8] {
        control + Array("log.\(log).replay.\(number)".utf8) + [0]
    }

    /// Where a reader of a durable consumer gets what it asks for in one round, as C text.
    func pull(_ number: UInt64, round: UInt64, to log: String) -> [UInt8] {
        control + Array("log.\(log).pull.\(number).\(round)".utf8) + [0]
    }
}
