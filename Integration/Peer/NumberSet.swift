/// Numbers that have been seen, not all too great ones.
struct NumberSet {
    /// So many bits are a few megabytes.
    private static let limit = 1 << 25

    private var words: [UInt64] = []
    private(set) var least = Int.max
    private(set) var greatest = Int.min

    /// From the least to the greatest, how many there are.
    var span: Int { greatest < least ? 0 : greatest - least + 1 }

    /// - Returns: Whether the number is new; one out of range always is.
    mutating func insert(_ number: Int) -> Bool {
        guard 0..<Self.limit ~= number else { return true }
        (least, greatest) = (min(least, number), max(greatest, number))
        let (word, bit) = (number / 64, UInt64(1) << UInt64(number % 64))
        if word >= words.count { words += Array(repeating: 0, count: word + 1 - words.count) }
        guard words[word] & bit == 0 else { return false }
        words[word] |= bit
        return true
    }
}
