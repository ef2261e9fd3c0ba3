package import EventTransport

extension WirePrefix {
    package init(text: String) {
        self.init(Array(text.utf8))
    }

    /// Makes a prefix from its text.
    package static func text(_ text: String) -> WirePrefix { WirePrefix(text: text) }
}

extension WirePrefix: ExpressibleByStringLiteral {
    /// Makes a prefix from its text.
    package init(stringLiteral text: String) {
        self.init(text: text)
    }
}
