import Testing

/// Something that people ran into with a bus, this one or another, and what has to happen instead.
///
/// The next one is added in three lines to the list of its kind.
struct FieldCase: Sendable, CustomTestStringConvertible {
    /// What people ran into, and what is right, in a sentence.
    let sentence: String
    /// Expects it.
    let check: @Sendable () async throws -> Void

    init(_ sentence: String, check: @escaping @Sendable () async throws -> Void) {
        (self.sentence, self.check) = (sentence, check)
    }

    var testDescription: String { sentence }
}
