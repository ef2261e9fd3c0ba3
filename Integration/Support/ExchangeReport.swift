/// What two processes that exchange numbered envelopes have seen of each other, as one of them tells it.
package struct ExchangeReport: Codable, Sendable, Hashable {
    /// How many envelopes it has published, with the numbers from 1.
    package var published = 0
    /// How many different numbers of the other one have come.
    package var taken = 0
    /// How often it has subscribed to something else meanwhile.
    package var subscribed = 0
    package var worstPublishMilliseconds = 0.0
    package var worstSubscribeMilliseconds = 0.0
    /// What its bus says it has lost of the exchange, and how often it has lost it knows not how much.
    package var lost = 0
    package var unknownLosses = 0
    package var malformed = 0
    /// Why it could not go on, if anything.
    package var fault: String?

    package init() {}
}
