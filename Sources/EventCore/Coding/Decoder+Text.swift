extension Decoder {
    /// Decodes a value that is written as a single string.
    ///
    /// - Throws: `DecodingError.dataCorrupted` with the text of the error that `make` threw.
    func decodeText<Value>(_ make: (String) throws(EventError) -> Value) throws -> Value {
        let container = try singleValueContainer()
        let text = try container.decode(String.self)
        do throws(EventError) {
            return try make(text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }
}
