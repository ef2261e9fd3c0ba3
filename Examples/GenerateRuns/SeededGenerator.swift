/// Random numbers that are the same on every platform and in every version of the standard library (SplitMix64).
struct SeededGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func happens(percent: Int) -> Bool {
        number(in: 1...100) <= percent
    }

    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[number(in: 0...choices.count - 1)]
    }

    /// Lower-case hexadecimal digits, as trace and span ids are written.
    mutating func hex(digits: Int) -> String {
        var text = ""
        while text.count < digits {
            let number = String(next(), radix: 16)
            text += String(repeating: "0", count: 16 - number.count) + number
        }
        return String(text.prefix(digits))
    }

    /// A generator that goes its own way from here.
    mutating func split() -> SeededGenerator {
        SeededGenerator(seed: next())
    }
}
