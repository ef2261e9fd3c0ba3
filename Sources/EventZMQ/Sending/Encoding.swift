/// What of an envelope is encoded, or has to be for those who want it.
struct Encoding: OptionSet, Sendable {
    let rawValue: UInt8

    /// The compact form, which buses ask for.
    static let compact = Encoding(rawValue: 1)
    /// Three frames, which plain sockets ask for.
    static let plain = Encoding(rawValue: 2)
    /// The compact form says who publishes: somebody gets it whom the connection may not tell.
    static let origin = Encoding(rawValue: 4)
}
