import Foundation

/// How the fuzz tests run: `EVENT_FUZZ_SEED` repeats a run, `EVENT_FUZZ_COUNT` sets the number of inputs.
enum FuzzSettings {
    static let seed = number("EVENT_FUZZ_SEED") ?? UInt64.random(in: 0..<1 << 32)
    static let count = number("EVENT_FUZZ_COUNT").map(Int.init(clamping:)) ?? 100_000

    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
    }
}

/// SplitMix64 by Guy Steele, Doug Lea and Christine Flood: small, fast, and the same on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// A number from 0 to `bound` - 1.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(bound))
    }

    mutating func chance(_ percent: Int) -> Bool {
        below(100) < percent
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }
}
