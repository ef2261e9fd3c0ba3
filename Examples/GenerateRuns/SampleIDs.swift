import Foundation

/// Ids of the form of an xid: seconds (4 bytes), process (5), counter (3), in lower-case base32hex.
struct SampleIDs {
    private let process: UInt128
    private var counter: UInt128

    init(random: inout SeededGenerator) {
        process = UInt128(random.next() >> 24)
        counter = UInt128(random.next() >> 44)
    }

    mutating func next(at time: Date) -> String {
        counter += 1
        let bits = UInt128(time.timeIntervalSince1970) << 64 | process << 24 | counter
        // 96 bits make 19 digits of 5 bits and one bit more, which is the top bit of the last digit.
        return String(bits << 4, radix: 32)
    }
}
