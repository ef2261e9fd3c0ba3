import Foundation

/// Foundation's `JSONSerialization` as swift-corelibs-foundation has it, to check the second reader of JSON itself.
///
/// Its known differences from strict JSON are that it reads a comma before a closing bracket, UTF-16 and UTF-32, refuses
/// surrogates without their pair, and refuses most numbers beyond the range of `Double`, but reads some whose exponent has
/// more than ten digits.
enum FoundationOpinion {
    /// What the two disagree on, if anything.
    static func fault(of reference: ReferenceJSON?, on input: [UInt8]) -> String? {
        // Zeros and a byte order mark at the start make it choose another encoding than UTF-8.
        guard !input.prefix(4).contains(0), !input.starts(with: [0xEF, 0xBB, 0xBF]), !input.starts(with: [0xFF, 0xFE]),
            !input.starts(with: [0xFE, 0xFF])
        else { return nil }
        if let reference, reference.hasHugeNumber { return nil }
        let reads = (try? JSONSerialization.jsonObject(with: Data(input), options: .fragmentsAllowed)) != nil
        let expected = reference.map { !$0.hasLoneSurrogate && $0.levels <= 512 } ?? false
        return reads == expected ? nil : reads ? "Foundation alone reads" : "Foundation alone refuses"
    }
}
