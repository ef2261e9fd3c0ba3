extension String {
    /// The text in memory that a C function has filled, up to the zero that ends it; what is no UTF-8 is replaced.
    init(endingWithZero characters: [CChar]) {
        self.init(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
