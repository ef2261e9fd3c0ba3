import EventCore

/// A number that stands for texts, the same in every process (FNV-1a with 64 bits).
///
/// Whoever makes texts up on purpose can have two with the same number: nothing may rest on it but how soon somebody asks.
struct Digest: Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init(of texts: String...) {
        for text in texts {
            for byte in text.utf8 { add(byte) }
            // No text of UTF-8 has it.
            add(0xFF)
        }
    }

    private mutating func add(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}

extension Sequence<Interest> {
    /// What stands for the groups that a bus has members in, in any order.
    var digest: UInt64 {
        reduce(0) { $0 &+ Digest(of: $1.pattern.rawValue, $1.group?.text ?? "").value }
    }
}
