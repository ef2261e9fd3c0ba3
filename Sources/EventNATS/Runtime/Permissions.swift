/// What servers say about what a client must not do.
enum Permissions {
    static let ofSubscription = "Permissions Violation for Subscription to"
    static let ofPublish = "Permissions Violation for Publish to"

    /// Whether words are about a subject; long ones are cut.
    static func concerns(_ words: String, _ wire: [UInt8]) -> Bool {
        guard words.hasPrefix(ofSubscription), let quote = words.utf8.firstIndex(of: UInt8(ascii: "\"")) else {
            return false
        }
        let subject = words.utf8[words.utf8.index(after: quote)...].prefix { $0 != UInt8(ascii: "\"") }
        // Behind it may stand the name of a group.
        let isWhole = subject.endIndex < words.utf8.endIndex
        return isWhole ? wire.dropLast().elementsEqual(subject) : wire.starts(with: subject)
    }
}

extension NATSConnection {
    /// What the server has said against a subscription that it has just been asked for, in its own words.
    ///
    /// It says so by the last of its errors only.
    ///
    /// - Parameters:
    ///   - wire: What was subscribed to, as C text.
    ///   - group: The group, as C text.
    ///   - receiver: Who gets the messages.
    ///   - count: How many were asked for since the connection was flushed before.
    /// - Returns: Its words; `nil` when it has nothing against it.
    mutating func refusal(
        of wire: [UInt8],
        group: [UInt8]? = nil,
        receiver: any MessageReceiver,
        among count: Int
    ) -> String? {
        guard lastError.hasPrefix(Permissions.ofSubscription) else { return nil }
        if count > 1 {
            // Which of several it was is found out by asking for each again.
            unsubscribe(from: wire, group: group)
            try? subscribe(to: wire, group: group, receiver: receiver)
            guard flush() else { return nil }
        }
        let words = lastError
        return Permissions.concerns(words, wire) ? words : nil
    }
}
